import type { Estimator, ReferenceMetric } from "./estimator.ts";
import { spreadOf } from "./estimator.ts";
import { worseWhen, type Measured, type PerformanceWindow } from "./performance-window.ts";

/** What a metric was before: of the reference, or of earlier windows. */
export interface Baseline {
  readonly value: number;
  readonly unitError: number;
  readonly spread: number;
  /** Rows that it is from. */
  readonly rows: number;
}

/** Beyond them it is worse than chance and the usual ups and downs explain. Null: that side is not worse. */
export interface Limits {
  readonly min: number | null;
  readonly max: number | null;
}

/** Standard deviations: a good window is outside one time in 740, with one side. */
const deviations = 3;
/** Earlier windows that make a baseline, the first ones of the version. */
const leastWindows = 5;
const mostWindows = 24;

export function baselineOf({ metrics, rows }: Estimator, metric: string): Baseline | null {
  const known: ReferenceMetric | undefined = metrics[metric];
  return known === undefined ? null : { ...known, rows };
}

/**
 * Where there is no labelled reference, the first final windows of the version stand for it.
 * @param earlier final windows of one slice before the one that is judged, the oldest first
 */
export function baselineOfWindows(earlier: readonly PerformanceWindow[], metric: string): Baseline | null {
  const first = earlier
    .map(({ realised }) => realised[metric])
    .filter((one): one is Measured => one !== undefined && one.standardError !== null)
    .slice(0, mostWindows);
  if (first.length < leastWindows) return null;
  const rows = first.reduce((sum, one) => sum + one.rows, 0);
  const value = first.reduce((sum, one) => sum + one.value * one.rows, 0) / rows;
  const variance = first.reduce((sum, one) => sum + one.standardError! ** 2 * one.rows ** 2, 0) / rows;
  return { value, unitError: Math.sqrt(variance), spread: spreadOf(first), rows };
}

/** Limits for a window of so many rows: the fewer, the wider. */
export function limitsOf(metric: string, { value, unitError, spread, rows: known }: Baseline, rows: number): Limits {
  const width = deviations * Math.sqrt(spread ** 2 + unitError ** 2 / Math.max(1, rows) + unitError ** 2 / known);
  const worse = worseWhen(metric);
  return { min: worse === "higher" ? null : value - width, max: worse === "lower" ? null : value + width };
}
