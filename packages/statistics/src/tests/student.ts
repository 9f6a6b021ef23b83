import { requireSamples } from "../compare-sorted.ts";
import { studentTwoSided } from "../distributions/student.ts";

export interface TResult {
  /** (mean of a - mean of b) over its standard error. */
  readonly statistic: number;
  readonly df: number;
  readonly p: number;
}

/**
 * Whether two samples have the same mean: scipy.stats.ttest_ind, two-sided.
 * @param variances "equal": Student's, "unequal": B. L. Welch's (1947)
 * @throws RangeError where a sample is empty
 */
export function tTest(a: ArrayLike<number>, b: ArrayLike<number>, variances: "equal" | "unequal" = "equal"): TResult {
  requireSamples(a, b);
  const x = meanAndSquares(a);
  const y = meanAndSquares(b);
  const [n, m] = [a.length, b.length];
  const difference = x.mean - y.mean;
  if (variances === "equal") {
    const df = n + m - 2;
    const error = Math.sqrt(((x.squares + y.squares) / df) * (1 / n + 1 / m));
    return toResult(difference / error, df);
  }
  const [vx, vy] = [x.squares / (n - 1) / n, y.squares / (m - 1) / m];
  const df = (vx + vy) ** 2 / (vx ** 2 / (n - 1) + vy ** 2 / (m - 1));
  return toResult(difference / Math.sqrt(vx + vy), df);
}

function toResult(statistic: number, df: number): TResult {
  return { statistic, df, p: studentTwoSided(statistic, df) };
}

/** The mean and the sum of squared differences from it, in two passes. */
function meanAndSquares(values: ArrayLike<number>): { mean: number; squares: number } {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  const mean = sum / values.length;
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += (values[i]! - mean) ** 2;
  return { mean, squares };
}
