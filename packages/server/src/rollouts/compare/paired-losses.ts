import { asymptoticInterval, momentsOfSums, pairedEffect, pairedHarm, type Estimate } from "@slipway/statistics";
import type { LossMetric } from "./losses.ts";

/** What the same rows cost both versions. Less is better in all of it. */
export interface PairedLoss {
  readonly metric: LossMetric;
  /** Rows whose loss is known on both sides. */
  readonly rows: number;
  readonly a: number;
  readonly b: number;
  /** b less a. */
  readonly difference: number;
  /** Holds at all looks together with probability 1 - alpha; null below 100 rows. */
  readonly low: number | null;
  readonly high: number | null;
  /** The difference is less than this, and more than that, each with probability 1 - alpha; null below 100 rows. */
  readonly atMost: number | null;
  readonly atLeast: number | null;
  /** Of `wrong`: b wrong where a is right, and the other way round; else null. */
  readonly worse: number | null;
  readonly better: number | null;
  /** Of `wrong`: that b is not more often wrong, at every number of rows; else null. */
  readonly p: number | null;
}

/** A normal law needs so many rows, and so many that differ. */
const fewestRows = 100;
const fewestEvents = 10;

/** The losses of two versions on the same rows. @param alpha of each bound by itself, at all looks together */
export function compareLosses(
  metric: LossMetric,
  { a, b }: { readonly a: Float64Array; readonly b: Float64Array },
  alpha: number,
): PairedLoss {
  let [rows, sumA, sumB, sum, squares, worse, better] = [0, 0, 0, 0, 0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const d = b[i]! - a[i]!;
    if (Number.isNaN(d)) continue;
    rows++;
    sumA += a[i]!;
    sumB += b[i]!;
    sum += d;
    squares += d * d;
    if (d > 0) worse++;
    if (d < 0) better++;
  }
  const isCounted = metric === "wrong";
  const effect = toEffect({ rows, sum, squares, differing: worse + better });
  const both = effect && asymptoticInterval(effect, { alpha, tuning: rows });
  return {
    metric,
    rows,
    a: sumA / rows,
    b: sumB / rows,
    difference: sum / rows,
    low: both?.lower ?? null,
    high: both?.upper ?? null,
    atMost: effect && asymptoticInterval(effect, { alpha, tuning: rows, side: "upper" }).upper,
    atLeast: effect && asymptoticInterval(effect, { alpha, tuning: rows, side: "lower" }).lower,
    worse: isCounted ? worse : null,
    better: isCounted ? better : null,
    p: isCounted ? pairedHarm({ championOnly: worse, challengerOnly: better }).pHarm : null,
  };
}

interface Sums {
  readonly rows: number;
  readonly sum: number;
  readonly squares: number;
  readonly differing: number;
}

/** Where hardly any row differs, the variance is taken as if some more did: the few that do say too little of it. */
function toEffect({ rows, sum, squares, differing }: Sums): Estimate | null {
  if (rows < fewestRows) return null;
  const missing = Math.max(0, fewestEvents - differing);
  const typical = differing === 0 ? 0 : squares / differing;
  return pairedEffect(momentsOfSums({ n: rows, sum, squares: squares + missing * typical }));
}
