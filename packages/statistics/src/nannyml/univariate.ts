import { compareSorted } from "../compare-sorted.ts";
import { hellinger, jensenShannon, maximumDifference } from "../distances/divergences.ts";
import { countInBins, evenEdges } from "../distances/histogram.ts";
import { chiSquareTail } from "../distributions/gamma.ts";
import { deviationThreshold, type Threshold } from "../estimation/threshold.ts";
import { sortNumbers } from "../sort.ts";
import { doaneEdges } from "./doane.ts";

export const CONTINUOUS_METHODS = ["kolmogorov_smirnov", "jensen_shannon", "wasserstein", "hellinger"] as const;
export const CATEGORICAL_METHODS = ["chi2", "jensen_shannon", "l_infinity", "hellinger"] as const;
export type ContinuousMethod = (typeof CONTINUOUS_METHODS)[number];
export type CategoricalMethod = (typeof CATEGORICAL_METHODS)[number];

export interface UnivariateDrift extends Threshold {
  /** Null without a value that is not missing. */
  readonly value: number | null;
  /** Chi-square alone judges by p < 0.05; null for the others. */
  readonly p: number | null;
  readonly alert: boolean;
}

type Score = { readonly value: number; readonly p: number | null };

/** From this many values of the reference on, NannyML compares histograms of 10,000 bins instead of the samples. */
const ESTIMATED_FROM = 10_000;
const BINS = 10_000;

/**
 * NannyML 0.13.1's univariate drift of a number: fitted on a reference, with the threshold mean + 3 deviations of the
 * reference's own chunks. @param chunks of the reference. @returns the drift of a current sample; NaN is missing.
 */
export function continuousDrift(
  method: ContinuousMethod,
  reference: Float64Array,
  chunks: readonly { readonly start: number; readonly end: number }[],
): (current: Float64Array) => UnivariateDrift {
  const sorted = sortNumbers(reference);
  const score = ((): ((current: Float64Array) => number) => {
    if (method === "jensen_shannon" || method === "hellinger") return binnedScore(method, sorted);
    if (sorted.length >= ESTIMATED_FROM) return method === "wasserstein" ? roughWasserstein(sorted) : roughKs(sorted);
    return (current) => compareSorted(sorted, current)[method === "wasserstein" ? "wasserstein" : "ks"];
  })();
  const drift = (current: Float64Array): Score | null => {
    const values = sortNumbers(current);
    return values.length === 0 ? null : { value: score(values), p: null };
  };
  const most = method === "kolmogorov_smirnov" ? 1 : null;
  const threshold = thresholdOf(
    chunks.map(({ start, end }) => drift(reference.subarray(start, end))?.value ?? null),
    most,
  );
  return (current) => judge(drift(current), threshold);
}

/** The same of a category; null is missing, and a value that the reference lacks counts as one more category. */
export function categoricalDrift(
  method: CategoricalMethod,
  reference: readonly (string | null)[],
  chunks: readonly { readonly start: number; readonly end: number }[],
): (current: readonly (string | null)[]) => UnivariateDrift {
  const known = countTexts(reference);
  const drift = (current: readonly (string | null)[]): Score | null => {
    const counts = countTexts(current);
    if (counts.size === 0) return null;
    if (method === "chi2") return chiSquare(known, counts);
    if (method === "l_infinity") {
      const names = [...new Set([...known.keys(), ...counts.keys()])];
      return { value: maximumDifference(aligned(known, names), aligned(counts, names)), p: null };
    }
    const names = [...known.keys()];
    const seen = aligned(counts, names);
    const unseen = sum(counts.values()) - sum(seen);
    const distance = method === "hellinger" ? hellinger : baseTwo;
    return { value: distance([...aligned(known, names), 0], [...seen, unseen]), p: null };
  };
  if (method === "chi2") return (current) => judge(drift(current), { lower: null, upper: null });
  const threshold = thresholdOf(chunks.map(({ start, end }) => drift(reference.slice(start, end))?.value ?? null));
  return (current) => judge(drift(current), threshold);
}

function thresholdOf(values: readonly (number | null)[], most: number | null = null): Threshold {
  return deviationThreshold(values, { lower: null, least: 0, most });
}

function judge(score: Score | null, threshold: Threshold): UnivariateDrift {
  if (score === null) return { value: null, p: null, ...threshold, alert: false };
  const { value, p } = score;
  return { value, p, ...threshold, alert: p === null ? value > (threshold.upper ?? Infinity) : p < 0.05 };
}

function baseTwo(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return jensenShannon(a, b, 2);
}

/** Bins of the reference; what is outside of them is one more bin that the reference has nothing in. */
function binnedScore(
  method: "jensen_shannon" | "hellinger",
  reference: Float64Array,
): (current: Float64Array) => number {
  const edges = doaneEdges(reference);
  const counts = [...countInBins(reference, edges), 0];
  const distance = method === "hellinger" ? hellinger : baseTwo;
  return (current) => {
    const inside = countInBins(current, edges);
    return distance(counts, [...inside, current.length - sum(inside)]);
  };
}

/** Shares of the reference up to the end of each of 10,000 equal bins between its ends. */
function cumulated(values: Float64Array, edges: Float64Array): Float64Array {
  let share = 0;
  return countInBins(values, edges).map((count) => (share += count / values.length));
}

function roughKs(reference: Float64Array): (current: Float64Array) => number {
  const edges = evenEdges([reference[0]!, reference.at(-1)!], BINS);
  const shares = cumulated(reference, edges);
  return (current) => {
    const below = countBelow(current, edges[0]!) / current.length;
    const own = cumulated(current, edges);
    return shares.reduce((most, share, i) => Math.max(most, Math.abs(share - below - own[i]!)), 0);
  };
}

/** Exact outside of the reference's range, by 10,000 bins inside; each tail counts one value more, as in NannyML. */
function roughWasserstein(reference: Float64Array): (current: Float64Array) => number {
  const [min, max] = [reference[0]!, reference.at(-1)!];
  const edges = evenEdges([min, max], BINS);
  const width = edges[1]! - edges[0]!;
  const shares = cumulated(reference, edges);
  return (current) => {
    const n = current.length;
    const below = current.subarray(0, countBelow(current, min));
    const above = current.filter((value) => value > max);
    const lower = below.length === 0 ? 0 : (below.length + 1) / n;
    const upper = above.length === 0 ? 0 : (above.length + 1) / n;
    const left = areaUnder(Float64Array.of(...below, min)) * lower;
    const right = Float64Array.of(max, ...above);
    const rightArea = (right.at(-1)! - max - areaUnder(right)) * upper;
    const own = cumulated(current, edges);
    const within = shares.reduce((total, share, i) => total + Math.abs(share - own[i]! - lower) * width, 0);
    return within + left + rightArea;
  };
}

/** The integral of the distribution function of ascending values between the first and the last of them. */
function areaUnder(sorted: Float64Array): number {
  let area = 0;
  for (let i = 1; i < sorted.length; i++) area += (i / sorted.length) * (sorted[i]! - sorted[i - 1]!);
  return area;
}

function countBelow(sorted: Float64Array, limit: number): number {
  const at = sorted.findIndex((value) => value >= limit);
  return at < 0 ? sorted.length : at;
}

function countTexts(values: readonly (string | null)[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) if (value !== null) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

function aligned(counts: ReadonlyMap<string, number>, names: readonly string[]): number[] {
  return names.map((name) => counts.get(name) ?? 0);
}

/** scipy.stats.chi2_contingency of the 2 x k table, with Yates' correction for two levels. */
function chiSquare(reference: ReadonlyMap<string, number>, current: ReadonlyMap<string, number>): Score {
  const names = [...new Set([...reference.keys(), ...current.keys()])];
  const [a, b] = [aligned(reference, names), aligned(current, names)];
  const [n, m] = [sum(a), sum(b)];
  const correct = (gap: number) => (names.length === 2 ? Math.max(0, Math.abs(gap) - 0.5) : Math.abs(gap));
  let value = 0;
  for (const [i, count] of a.entries()) {
    const expected = ((count + b[i]!) * n) / (n + m);
    const rest = count + b[i]! - expected;
    value += correct(count - expected) ** 2 / expected + correct(b[i]! - rest) ** 2 / rest;
  }
  return { value, p: names.length < 2 ? 1 : chiSquareTail(value, names.length - 1) };
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
