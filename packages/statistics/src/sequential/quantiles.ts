import { betaBinomialMixture } from "./beta-binomial.ts";
import type { Mixture } from "./mixture.ts";
import type { SequentialEvidence } from "./asymptotic.ts";
import { requireAlpha } from "./require.ts";
import { minimise } from "./solve.ts";
import { doubleStitching } from "./stitching.ts";

export interface QuantileOptions {
  /** p of the quantile, (0, 1). */
  readonly quantile: number;
  readonly alpha?: number;
  /** Values (of an arm) at which it is to be tightest. Default 1000. */
  readonly tOpt?: number;
}

/** What floating-point shares may be off. */
const DUST = 1e-12;

/**
 * Where the p-quantile lies, at all numbers of values together with probability 1 - α; infinite where there are too few to say.
 * @param sorted values, ascending
 * @param options.simultaneous holds for all p together too, by double stitching, and is wider: for a display of several quantiles.
 *   Otherwise of this p alone, by the beta-binomial mixture, α on each side as in confseq's demonstration
 */
export function quantileInterval(
  sorted: ArrayLike<number>,
  {
    quantile: p,
    alpha = 0.05,
    tOpt = 1000,
    simultaneous = false,
  }: QuantileOptions & { readonly simultaneous?: boolean },
): { readonly lower: number; readonly upper: number } {
  requireQuantile(p);
  const t = sorted.length;
  const radius = (q: number) => {
    if (simultaneous) return doubleStitching(q, t, { alpha, tOpt }) / t;
    const v = q * (1 - q);
    return betaBinomialMixture({ vOpt: v * tOpt, below: q, above: 1 - q, sides: 2 }).bound(v * t, alpha) / t;
  };
  if (t === 0) return { lower: Number.NEGATIVE_INFINITY, upper: Number.POSITIVE_INFINITY };
  // Where no count would be too extreme the radius is all there is, and no value bounds the quantile.
  const low = Math.ceil(t * (p - radius(1 - p)) - DUST * t);
  const high = Math.floor(t * (p + radius(p)) + DUST * t) + 1;
  return {
    lower: low < 1 ? Number.NEGATIVE_INFINITY : sorted[low - 1]!,
    upper: high > t ? Number.POSITIVE_INFINITY : sorted[high - 1]!,
  };
}

/**
 * The evidence that the p-quantiles of two arms differ, at all sizes together: the least, over all values that the common quantile could have,
 * of the product of both arms' beta-binomial mixtures (Howard and Ramdas 2022, section 4). Needs both samples, O(n log n); quantiles of tails
 * need large effects, so for a guardrail on latency count the share over a budget.
 * @param a values, ascending
 */
export function quantileTest(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  { quantile: p, alpha = 0.05, tOpt = 1000 }: QuantileOptions,
): SequentialEvidence {
  requireQuantile(p);
  requireAlpha(alpha);
  const v = p * (1 - p);
  const mixture = betaBinomialMixture({ vOpt: v * tOpt, alpha, below: p, above: 1 - p, sides: 2 });
  const [one, two] = [createArm(a, p, mixture), createArm(b, p, mixture)];
  if (a.length === 0 || b.length === 0) return { logE: 0, p: 1 };
  const [first, second] = one.from <= two.from ? [one, two] : [two, one];
  const at = (x: number) => first.logE(x) + second.logE(x);
  // Right of the first arm's valley its part only grows, and the second's only falls, at its own values.
  let logE = Math.min(at(first.from), at(second.from));
  for (let i = countUpTo(second.sorted, first.from); i < second.sorted.length; i++) {
    const x = second.sorted[i]!;
    if (x > second.from) break;
    logE = Math.min(logE, at(x));
  }
  return { logE, p: Math.min(1, Math.exp(-logE)) };
}

interface Arm {
  readonly sorted: ArrayLike<number>;
  /** Where its evidence is least. */
  readonly from: number;
  /** ln E of this arm where x is the quantile. */
  readonly logE: (x: number) => number;
}

function createArm(sorted: ArrayLike<number>, p: number, mixture: Mixture): Arm {
  const n = sorted.length;
  const logEAt = (share: number) => mixture.logE((share - p) * n, p * (1 - p) * n);
  const least = minimise(0, 1, logEAt);
  return {
    sorted,
    from: sorted[Math.min(n - 1, Math.floor(least * n))] ?? Number.NaN,
    // Values equal to x may lie below or above it: what speaks least against x.
    logE: (x) => logEAt(Math.max(countBelow(sorted, x) / n, Math.min(countUpTo(sorted, x) / n, least))),
  };
}

function countBelow(sorted: ArrayLike<number>, x: number): number {
  return countWhile(sorted, (value) => value < x);
}

function countUpTo(sorted: ArrayLike<number>, x: number): number {
  return countWhile(sorted, (value) => value <= x);
}

function countWhile(sorted: ArrayLike<number>, isLeft: (value: number) => boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isLeft(sorted[middle]!)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function requireQuantile(p: number): void {
  if (!(p > 0 && p < 1)) throw new RangeError(`The quantile is ${p}. It lies between 0 and 1: 0.99.`);
}
