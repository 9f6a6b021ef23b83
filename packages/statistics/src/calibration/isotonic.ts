import { orderOf } from "../metrics/order.ts";
import { requireSameLength } from "../metrics/measure.ts";

/** A non-decreasing line through points, safe to keep as JSON. `x` ascends; outside of it the ends hold. */
export interface Isotonic {
  readonly x: readonly number[];
  readonly y: readonly number[];
}

/** Scores that are nearer than this are one score: the resolution of 64-bit numbers, as scikit-learn has it. */
const SAME = 1e-15;

/**
 * Least-squares non-decreasing fit of `y` over `x` by pooling adjacent violators (Barlow and others, "Statistical
 * Inference under Order Restrictions", 1972); equal x are averaged first. The same points as
 * sklearn.isotonic.IsotonicRegression(out_of_bounds="clip"): both ends of each level, linear in between.
 * @param x n numbers. @param y n numbers. @param weight n weights of 0 or more; null: all equal.
 * @throws RangeError without a row that has weight.
 */
export function fitIsotonic(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  weight: ArrayLike<number> | null = null,
): Isotonic {
  requireSameLength(x, y, ...(weight === null ? [] : [weight]));
  const points = uniquePoints(x, y, weight);
  if (points.size === 0) throw new RangeError("A calibration needs at least one row with weight.");
  poolViolators(points);
  return trimmed(points);
}

/** The line's value at each of n scores. */
export function applyIsotonic(line: Isotonic, scores: ArrayLike<number>): Float64Array {
  const { x, y } = line;
  const last = x.length - 1;
  const result = new Float64Array(scores.length);
  for (let i = 0; i < result.length; i++) {
    const score = scores[i]!;
    if (!(score > x[0]!)) result[i] = Number.isNaN(score) ? Number.NaN : y[0]!;
    else if (score >= x[last]!) result[i] = y[last]!;
    else {
      const right = firstAbove(x, score);
      const [x0, y0] = [x[right - 1]!, y[right - 1]!];
      result[i] = y0 + ((y[right]! - y0) / (x[right]! - x0)) * (score - x0);
    }
  }
  return result;
}

/** The first index whose x is above the score; the score lies between the ends. */
function firstAbove(x: readonly number[], score: number): number {
  let low = 0;
  let high = x.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (x[middle]! > score) high = middle;
    else low = middle + 1;
  }
  return low;
}

interface Points {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly weight: Float64Array;
  size: number;
}

function uniquePoints(x: ArrayLike<number>, y: ArrayLike<number>, weight: ArrayLike<number> | null): Points {
  const order = orderOf(x);
  const points = {
    x: new Float64Array(x.length),
    y: new Float64Array(x.length),
    weight: new Float64Array(x.length),
    size: 0,
  };
  let at = -1;
  for (const row of order) {
    const w = weight === null ? 1 : weight[row]!;
    if (!(w > 0)) continue;
    if (at < 0 || x[row]! - points.x[at]! >= SAME) points.x[++at] = x[row]!;
    points.y[at]! += w * y[row]!;
    points.weight[at]! += w;
  }
  points.size = at + 1;
  for (let i = 0; i < points.size; i++) points.y[i]! /= points.weight[i]!;
  return points;
}

function poolViolators(points: Points): void {
  const { y, weight, size } = points;
  const sums = new Float64Array(size);
  const weights = new Float64Array(size);
  const ends = new Uint32Array(size);
  let blocks = 0;
  for (let i = 0; i < size; i++) {
    sums[blocks] = y[i]! * weight[i]!;
    weights[blocks] = weight[i]!;
    ends[blocks] = i + 1;
    blocks++;
    while (blocks > 1 && sums[blocks - 2]! / weights[blocks - 2]! >= sums[blocks - 1]! / weights[blocks - 1]!) {
      sums[blocks - 2]! += sums[blocks - 1]!;
      weights[blocks - 2]! += weights[blocks - 1]!;
      ends[blocks - 2] = ends[blocks - 1]!;
      blocks--;
    }
  }
  let start = 0;
  for (let block = 0; block < blocks; block++) {
    y.fill(sums[block]! / weights[block]!, start, ends[block]);
    start = ends[block]!;
  }
}

/** Without the points inside of a level: the line through the others is the same. */
function trimmed({ x, y, size }: Points): Isotonic {
  const kept: { x: number[]; y: number[] } = { x: [], y: [] };
  for (let i = 0; i < size; i++) {
    if (i > 0 && i < size - 1 && y[i] === y[i - 1] && y[i] === y[i + 1]) continue;
    kept.x.push(x[i]!);
    kept.y.push(y[i]!);
  }
  return kept;
}
