import { zeta } from "../distributions/zeta.ts";
import { requireAlpha, requirePositive } from "./require.ts";
import { bisect, minimise } from "./solve.ts";

// How epochs grow and what they cost, as in the paper's simulations and confseq's defaults.
const ETA = 2;
const S = 1.4;
const K1 = (ETA ** 0.25 + ETA ** -0.25) / Math.SQRT2;
const K2 = (Math.sqrt(ETA) + 1) / 2;
const ZETA = zeta(S);

export interface StitchingOptions {
  readonly alpha: number;
  /** The bound is worst below this v. */
  readonly vMin: number;
  /** c of a sub-gamma tail; 0 for sub-Gaussian, below 0 for tails that are lighter. Default 0. */
  readonly scale?: number;
}

/** The polynomial stitched bound of a sum with intrinsic time v: grows as sqrt(v ln ln v) (Howard et al. 2021, (10)). One-sided. */
export function polynomialStitching(v: number, { alpha, vMin, scale = 0 }: StitchingOptions): number {
  requireAlpha(alpha);
  requirePositive("vMin", vMin);
  const used = Math.max(v, vMin);
  const cost = S * Math.log(Math.log((ETA * used) / vMin)) + Math.log(ZETA / Math.log(ETA) ** S) - Math.log(alpha);
  const linear = K2 * scale * cost;
  return Math.sqrt(K1 * K1 * used * cost + linear * linear) + linear;
}

/**
 * By how much (a share) the empirical distribution function ever differs from the true one, anywhere, from tMin values on (S. R. Howard and
 * A. Ramdas, "Sequential estimation of quantiles with applications to A/B testing and best-arm identification", Bernoulli 2022, theorem 2).
 * Infinite below tMin.
 * @param A leading constant, > 1/sqrt(2)
 */
export function empiricalProcessBound(
  t: number,
  { alpha, tMin, A = 0.85 }: { readonly alpha: number; readonly tMin: number; readonly A?: number },
): number {
  requireAlpha(alpha);
  if (!(tMin >= 1)) throw new RangeError(`tMin is ${tMin}. It is 1 or more.`);
  if (!(A > Math.SQRT1_2)) throw new RangeError(`A is ${A}. It is above 0.7071.`);
  if (t < tMin) return Number.POSITIVE_INFINITY;
  return A * Math.sqrt((Math.log1p(Math.log(t / tMin)) + optimalC(alpha, A)) / t);
}

function optimalC(alpha: number, A: number): number {
  const errorOf = (C: number, eta: number) => {
    const square = (2 / eta) * (A - Math.sqrt((2 * (eta - 1)) / C)) ** 2;
    if (square <= 1) return Number.POSITIVE_INFINITY;
    return 4 * Math.exp(-square * C) * (1 + 1 / ((square - 1) * Math.log(eta)));
  };
  const leastError = (C: number) => {
    const most = bisect(1, 2 * A * A, (eta) => Math.sqrt(eta / 2) + Math.sqrt((2 * (eta - 1)) / C) > A);
    return errorOf(
      C,
      minimise(1, most, (eta) => errorOf(C, eta)),
    );
  };
  let high = 5;
  while (leastError(high) > alpha) high *= 2;
  return bisect(0, high, (C) => leastError(C) < alpha);
}

export interface DoubleStitchingOptions {
  readonly alpha: number;
  /** Values at which the bound is to be tightest; >= 1. */
  readonly tOpt: number;
  /** How finely quantiles are stitched. Default 0.5. */
  readonly delta?: number;
}

/**
 * By how many of t values their count under the true p-quantile ever exceeds pt, for all p and all t together (Howard and Ramdas 2022,
 * theorem 3, upper side; the lower side is that of 1 - p).
 */
export function doubleStitching(p: number, t: number, { alpha, tOpt, delta = 0.5 }: DoubleStitchingOptions): number {
  if (!(p > 0 && p < 1)) throw new RangeError(`p is ${p}. It lies between 0 and 1.`);
  requireAlpha(alpha);
  if (!(tOpt >= 1)) throw new RangeError(`tOpt is ${tOpt}. It is 1 or more.`);
  const used = Math.max(t, tOpt);
  const logit = Math.log(p / (1 - p));
  const moved = 1 / (1 + Math.exp(-(logit + 2 * delta * Math.sqrt((tOpt * ETA) / used))));
  const r = p >= 0.5 ? p : Math.min(0.5, moved);
  const variance = r * (1 - r);
  const j = (Math.sqrt(used / tOpt) * Math.abs(logit)) / (2 * delta) + 1;
  const cost =
    S * Math.log(Math.log((ETA * used) / tOpt)) +
    S * Math.log(j) +
    Math.log((2 * ZETA * (2 * ZETA + 1)) / (alpha * Math.log(ETA) ** S));
  const linear = (K2 * (1 - 2 * p) * cost) / 3;
  return (
    delta * Math.sqrt((ETA * used * variance) / tOpt) +
    Math.sqrt(K1 * K1 * variance * used * cost + linear * linear) +
    linear
  );
}
