import { requireSamples } from "../compare-sorted.ts";
import { normalTail } from "../distributions/normal.ts";
import { sortNumbers } from "../sort.ts";

export type Alternative = "two-sided" | "less" | "greater";

export interface MannWhitney {
  /** U of the first sample: pairs in which it has the larger value, ties counted half. */
  readonly statistic: number;
  readonly p: number;
  readonly method: "exact" | "asymptotic";
}

/**
 * Whether values of one sample tend to be larger: scipy.stats.mannwhitneyu, method "auto" (exact without ties where one sample has at
 * most 8 values, else normal with correction for ties and continuity).
 * @param alternative less: the first sample tends to be smaller
 */
export function mannWhitney(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  alternative: Alternative = "two-sided",
): MannWhitney {
  const x = sortNumbers(a);
  const y = sortNumbers(b);
  requireSamples(x, y);
  const n = x.length;
  const m = y.length;
  let [i, j, u, ties] = [0, 0, 0, 0];
  while (i < n || j < m) {
    const value = j >= m || (i < n && x[i]! <= y[j]!) ? x[i]! : y[j]!;
    const [fromX, fromY] = [i, j];
    while (i < n && x[i] === value) i++;
    while (j < m && y[j] === value) j++;
    u += (i - fromX) * (fromY + (j - fromY) / 2);
    const tied = i - fromX + j - fromY;
    ties += tied ** 3 - tied;
  }
  const other = n * m - u;
  const extreme = alternative === "greater" ? u : alternative === "less" ? other : Math.max(u, other);
  const factor = alternative === "two-sided" ? 2 : 1;
  if (ties === 0 && (n <= 8 || m <= 8))
    return { statistic: u, p: Math.min(1, factor * exactTail({ n, m, u: extreme })), method: "exact" };
  const all = n + m;
  const deviation = Math.sqrt(((n * m) / 12) * (all + 1 - ties / (all * (all - 1))));
  // All values the same: SciPy says 1, for -0.5 / 0 is -Infinity.
  const z = (extreme - (n * m) / 2 - 0.5) / deviation;
  return { statistic: u, p: Math.min(1, factor * normalTail(z)), method: "asymptotic" };
}

/** P(U >= u), by the number of partitions (A. Löffler, 1982), symmetric. */
function exactTail({ n, m, u }: { n: number; m: number; u: number }): number {
  const complement = n * m - u;
  const upTo = Math.min(u, complement);
  const sigma = new Float64Array(upTo + 1);
  const small = Math.min(n, m);
  const large = Math.max(n, m);
  for (let d = 1; d <= small; d++) for (let k = d; k <= upTo; k += d) sigma[k]! += d;
  for (let d = large + 1; d <= large + small; d++) for (let k = d; k <= upTo; k += d) sigma[k]! -= d;
  const ways = new Float64Array(upTo + 1);
  ways[0] = 1;
  for (let k = 1; k <= upTo; k++) {
    let sum = 0;
    for (let l = 0; l < k; l++) sum += ways[l]! * sigma[k - l]!;
    ways[k] = sum / k;
  }
  let combinations = 1;
  for (let k = 1; k <= small; k++) combinations *= (large + k) / k;
  const cdf = ways.reduce((sum, count) => sum + count, 0) / combinations;
  return u < complement ? 1 - cdf + ways[upTo]! / combinations : cdf;
}
