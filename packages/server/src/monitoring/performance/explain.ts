import { kolmogorovSmirnov, totalVariation } from "@slipway/statistics";
import type { Problem } from "./problem.ts";
import type { Column, ScoredRows } from "./scored-rows.ts";

/** A column whose values are others than before. */
export interface MovedFeature {
  readonly column: string;
  /** The largest difference of the distributions, 0 to 1, beyond what chance makes of so many rows. */
  readonly drift: number;
  /** Share of the answers that hangs on it, 0 to 1. */
  readonly importance: number;
  /** Drift x importance: the order. */
  readonly weight: number;
}

/** A part of the traffic that does worse than before. */
export interface MovedSegment {
  readonly column: string;
  /** The value, or the range of a number, as a slice is named. */
  readonly value: string;
  readonly rows: number;
  readonly share: number;
  /** Mean loss of its rows: the share of wrong answers, or the mean absolute error. */
  readonly loss: number;
  readonly before: number;
  /** So much of the mean loss of all rows is due to it: share x (loss - before). The order. */
  readonly contribution: number;
}

/** What moved together with a fall. */
export interface Moved {
  readonly features: readonly MovedFeature[];
  readonly segments: readonly MovedSegment[];
}

/** Rows of one time, by the inputs' names. */
export interface ExplainedRows {
  readonly columns: ReadonlyMap<string, Column>;
  /** Of each row; NaN where its truth is not known. */
  readonly losses: Float64Array;
}

const most = 10;
/** Of a segment, in the window. */
const leastRows = 30;
/** Standard errors between before and now: segments are many. */
const leastDistance = 4;
const bins = 4;
const mostValues = 12;

/** The loss of each row: 1 for a wrong class, or the absolute error; NaN where the truth is not known. */
export function lossesOf({ kind }: Problem, { n, prediction, truth }: ScoredRows): Float64Array {
  return Float64Array.from({ length: n }, (_, i) => {
    const distance = Math.abs(prediction[i]! - truth[i]!);
    return kind === "regression" || Number.isNaN(distance) ? distance : Number(distance > 0);
  });
}

/** Features by how far they moved and how much hangs on them; segments by what they have to do with the loss (Chung and others, "Slice Finder", ICDE 2019). */
export function explain(
  before: ExplainedRows,
  now: ExplainedRows,
  importance: Readonly<Record<string, number>>,
): Moved {
  const features: MovedFeature[] = [];
  const segments: MovedSegment[] = [];
  for (const [column, current] of now.columns) {
    const old = before.columns.get(column);
    if (old === undefined) continue;
    const drift = driftOf(old, current);
    const weight = drift * (importance[column] ?? 0);
    if (weight > 0) features.push({ column, drift, importance: importance[column]!, weight });
    segments.push(...segmentsOf(column, { old, current, before, now }));
  }
  return {
    features: features.toSorted((a, b) => b.weight - a.weight).slice(0, most),
    segments: segments.toSorted((a, b) => b.contribution - a.contribution).slice(0, most),
  };
}

function driftOf(old: Column, current: Column): number {
  if (old instanceof Float64Array && current instanceof Float64Array) {
    const [a, b] = [old, current].map((column) => column.filter((value) => !Number.isNaN(value)));
    if (a!.length === 0 || b!.length === 0) return 0;
    // The 5 % point of the statistic where nothing has moved.
    return Math.max(
      0,
      kolmogorovSmirnov(a!, b!, "asymptotic").statistic - 1.36 * Math.sqrt(1 / a!.length + 1 / b!.length),
    );
  }
  const counts = new Map<unknown, [number, number]>();
  for (const [side, column] of [old, current].entries())
    for (const value of column) {
      const found = counts.get(value) ?? [0, 0];
      found[side]! += 1;
      counts.set(value, found);
    }
  const pairs = [...counts.values()];
  const [a, b] = [0, 1].map((side) => pairs.map((pair) => pair[side]!));
  // About what chance makes of so many values and rows.
  const chance = Math.sqrt((counts.size / Math.PI) * (1 / old.length + 1 / current.length));
  return Math.max(0, totalVariation(a!, b!) - chance);
}

interface Sides {
  readonly old: Column;
  readonly current: Column;
  readonly before: ExplainedRows;
  readonly now: ExplainedRows;
}

function segmentsOf(column: string, { old, current, before, now }: Sides): MovedSegment[] {
  const placeOf = old instanceof Float64Array ? toRanges(old) : toValues(current);
  const known = tally(old, before.losses, placeOf);
  const found = tally(current, now.losses, placeOf);
  const [was, is] = [addAll(known), addAll(found)];
  return [...found].flatMap(([value, here]) => {
    const past = known.get(value);
    const rest = { known: without(was, past), found: without(is, here) };
    if (past === undefined || here.n < leastRows || past.n < leastRows) return [];
    // What is worse everywhere is no matter of a segment: it is held against all others.
    const rise = meanOf(here) - meanOf(past);
    const elsewhere = rest.found.n === 0 || rest.known.n === 0 ? rise : meanOf(rest.found) - meanOf(rest.known);
    const error = [here, past, rest.found, rest.known].reduce((sum, tally) => sum + varianceOf(tally), 1e-12);
    if ((rise - elsewhere) / Math.sqrt(error) < leastDistance) return [];
    const share = here.n / is.n;
    return [
      {
        column,
        value,
        rows: here.n,
        share,
        loss: meanOf(here),
        before: meanOf(past),
        contribution: share * rise,
      },
    ];
  });
}

type PlaceOf = (value: number | string | null) => string | null;

/** Ranges that held equally many rows before. */
function toRanges(old: Float64Array): PlaceOf {
  const sorted = old.filter((value) => !Number.isNaN(value)).toSorted();
  const edges = Array.from({ length: bins - 1 }, (_, i) => sorted[Math.floor(((i + 1) * sorted.length) / bins)]!);
  const cuts = [...new Set(edges)];
  return (value) => {
    if (typeof value !== "number" || Number.isNaN(value)) return null;
    const at = cuts.findIndex((cut) => value < cut);
    const [from, to] = at < 0 ? [cuts.at(-1), ""] : [cuts[at - 1] ?? "", cuts[at]];
    return `${from}..${to}`;
  };
}

/** The most frequent values. */
function toValues(column: Column): PlaceOf {
  const counts = new Map<unknown, number>();
  for (const value of column) counts.set(value, (counts.get(value) ?? 0) + 1);
  const frequent = [...counts].toSorted((a, b) => b[1] - a[1] || (String(a[0]) < String(b[0]) ? -1 : 1));
  const kept = new Set(frequent.slice(0, mostValues).map(([value]) => value));
  return (value) => (value !== null && kept.has(value) ? String(value) : null);
}

interface Tally {
  n: number;
  sum: number;
  squares: number;
}

const nothing: Readonly<Tally> = { n: 0, sum: 0, squares: 0 };

function tally(column: Column, losses: Float64Array, placeOf: PlaceOf): Map<string, Tally> {
  const tallies = new Map<string, Tally>();
  for (let i = 0; i < losses.length; i++) {
    const loss = losses[i]!;
    const place = Number.isNaN(loss) ? null : placeOf(column[i] ?? null);
    if (place === null) continue;
    const found = tallies.get(place) ?? { ...nothing };
    found.n++;
    found.sum += loss;
    found.squares += loss * loss;
    tallies.set(place, found);
  }
  return tallies;
}

function addAll(tallies: ReadonlyMap<string, Tally>): Tally {
  return [...tallies.values()].reduce<Tally>(
    (all, { n, sum, squares }) => ({ n: all.n + n, sum: all.sum + sum, squares: all.squares + squares }),
    nothing,
  );
}

function without(all: Tally, { n, sum, squares }: Tally = nothing): Tally {
  return { n: all.n - n, sum: all.sum - sum, squares: all.squares - squares };
}

function meanOf({ n, sum }: Tally): number {
  return sum / n;
}

/** Of the mean. */
function varianceOf({ n, sum, squares }: Tally): number {
  return n === 0 ? 0 : Math.max(0, squares / n - (sum / n) ** 2) / n;
}
