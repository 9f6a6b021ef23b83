import { normalTail } from "../distributions/normal.ts";

export interface ZResult {
  /** (p1 - p2) over its pooled standard error; NaN where both shares are 0 or both are 1. */
  readonly statistic: number;
  readonly p: number;
}

/**
 * Whether two shares are the same: the z test with the pooled share, two-sided (R. A. Fisher; statsmodels' proportions_ztest).
 * @param hits of n and m trials; where all or none of both are hits p is 1
 */
export function proportionsTest(
  a: { readonly hits: number; readonly n: number },
  b: { readonly hits: number; readonly n: number },
): ZResult {
  if (!(a.n > 0) || !(b.n > 0))
    throw new RangeError("A sample is empty. Two shares of at least one trial are compared.");
  const pooled = (a.hits + b.hits) / (a.n + b.n);
  const error = Math.sqrt(pooled * (1 - pooled) * (1 / a.n + 1 / b.n));
  const statistic = (a.hits / a.n - b.hits / b.n) / error;
  return { statistic, p: error === 0 ? 1 : Math.min(1, 2 * normalTail(Math.abs(statistic))) };
}
