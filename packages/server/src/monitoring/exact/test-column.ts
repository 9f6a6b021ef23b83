import {
  benjaminiHochberg,
  chiSquareHomogeneity,
  countInBins,
  evidentlyDrift,
  finiteNumbers,
  jensenShannon,
  kolmogorovSmirnov,
  normedWasserstein,
  poolRareLevels,
  populationStability,
  sturgesEdges,
  toCategoryColumn,
  toNumberColumn,
  totalVariation,
} from "@slipway/statistics";
import type { ColumnPlan } from "../profiles/index.ts";
import type { ColumnTest } from "./exact-job.ts";

/** Numbers with NaN for what is missing, or texts with null. */
export type Values = Float64Array | readonly (string | null)[];

type Tested = Omit<ColumnTest, "pAdjusted">;

/** Both samples as they are, each row by itself: exact where that can be had, and for independent rows only. */
export function testColumn(plan: ColumnPlan, reference: Values, current: Values): Tested {
  const { name, role, kind } = plan;
  const tested =
    reference instanceof Float64Array && current instanceof Float64Array
      ? testNumbers(finiteNumbers(reference), finiteNumbers(current), plan.edges)
      : testTexts(textsOf(reference), textsOf(current));
  return { name, role, kind, ...tested };
}

/** The columns with what their p comes to among all of them. */
export function adjust(columns: readonly Tested[]): ColumnTest[] {
  const adjusted = benjaminiHochberg(columns.map(({ p }) => p ?? Number.NaN));
  return columns.map((column, i) => ({ ...column, pAdjusted: column.p === null ? null : adjusted[i]! }));
}

type Figures = Omit<Tested, "name" | "role" | "kind">;

const nothing = { test: null, statistic: null, p: null, effect: null, jensenShannon: null, psi: null, evidently: null };

/** Bins are those of the reference, open at both ends, so that no outlier of today moves them. */
function testNumbers(reference: Float64Array, current: Float64Array, edges: Float64Array | null): Figures {
  const sizes = { rows: current.length, referenceRows: reference.length };
  if (reference.length === 0 || current.length === 0) return { ...nothing, ...sizes };
  const { statistic, p } = kolmogorovSmirnov(reference, current);
  const inner = edges ?? sturgesEdges(rangeOf(reference), reference.length);
  const open = Float64Array.of(-Infinity, ...inner, Infinity);
  const [then, now] = [countInBins(reference, open), countInBins(current, open)];
  return {
    ...sizes,
    test: "ks",
    statistic,
    p,
    effect: normedWasserstein(reference, current),
    ...divergences(then, now),
    evidently: askEvidently(() => evidentlyDrift(toNumberColumn(reference, current))),
  };
}

function rangeOf(values: Float64Array): readonly [number, number] {
  let [min, max] = [Infinity, -Infinity];
  for (const value of values) [min, max] = [Math.min(min, value), Math.max(max, value)];
  return [min, max];
}

function testTexts(reference: readonly string[], current: readonly string[]): Figures {
  const sizes = { rows: current.length, referenceRows: reference.length };
  if (reference.length === 0 || current.length === 0) return { ...nothing, ...sizes };
  const levels = [...new Set([...reference, ...current])].toSorted();
  const [then, now] = [countLevels(reference, levels), countLevels(current, levels)];
  const { statistic, p } = chiSquareHomogeneity(...poolRareLevels(then, now));
  return {
    ...sizes,
    test: "chi_square",
    statistic,
    p,
    effect: totalVariation(then, now),
    ...divergences(then, now),
    evidently: askEvidently(() => evidentlyDrift(toCategoryColumn(reference, current))),
  };
}

/** Half a row more in each bin keeps the index finite. */
function divergences(then: ArrayLike<number>, now: ArrayLike<number>): Pick<Figures, "jensenShannon" | "psi"> {
  return { jensenShannon: jensenShannon(then, now, 2), psi: populationStability(then, now, 0.5) };
}

function askEvidently(ask: () => ReturnType<typeof evidentlyDrift>): Figures["evidently"] {
  try {
    const { test, score, drifted } = ask();
    return Number.isFinite(score) ? { test, score, drifted } : null;
  } catch (error) {
    // What Evidently itself raises.
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function textsOf(values: Values): string[] {
  const texts = values instanceof Float64Array ? Array.from(values, String) : values;
  return texts.filter((text) => text !== null);
}

function countLevels(values: readonly string[], levels: readonly string[]): Float64Array {
  const places = new Map(levels.map((level, i) => [level, i]));
  const counts = new Float64Array(levels.length);
  for (const value of values) counts[places.get(value)!]!++;
  return counts;
}
