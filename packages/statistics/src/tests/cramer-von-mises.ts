import { requireSamples } from "../compare-sorted.ts";
import { cramerVonMisesCdf, cramerVonMisesTail } from "../distributions/cramer-von-mises.ts";
import { sortNumbers } from "../sort.ts";

export interface CramerVonMises {
  /** T of Anderson 1962. */
  readonly statistic: number;
  readonly p: number;
  readonly method: "exact" | "asymptotic";
}

export interface CramerVonMisesOptions {
  /** auto: exact up to 20 values a sample. */
  readonly method?: "auto" | "exact" | "asymptotic";
  /** Where SciPy ends its series and takes 1 - P, which leaves p below 1e-7 inexact: its own values to the last digit. */
  readonly asScipy?: boolean;
}

/**
 * The Cramér-von Mises test of two samples, midranks for ties: scipy.stats.cramervonmises_2samp (T. W. Anderson, "On the
 * Distribution of the Two-Sample Cramér-von Mises Criterion", 1962).
 * @throws RangeError where a sample has fewer than two values
 */
export function cramerVonMises(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  { method = "auto", asScipy = false }: CramerVonMisesOptions = {},
): CramerVonMises {
  const x = sortNumbers(a);
  const y = sortNumbers(b);
  requireSamples(x, y);
  const n = x.length;
  const m = y.length;
  if (n < 2 || m < 2) throw new RangeError("The Cramér-von Mises test needs at least two values in each sample.");
  const u = n * squaredRanks(x, y) + m * squaredRanks(y, x);
  const k = n * m;
  const all = n + m;
  const statistic = u / (k * all) - (4 * k - 1) / (6 * all);
  if (method === "exact" || (method === "auto" && Math.max(n, m) <= 20))
    return { statistic, p: exactTail({ u, n, m }), method: "exact" };
  const mean = (1 + 1 / all) / 6;
  const variance = ((all + 1) * (4 * k * all - 3 * (n * n + m * m) - 2 * k)) / (45 * all * all * 4 * k);
  const normed = 1 / 6 + (statistic - mean) / Math.sqrt(45 * variance);
  return { statistic, p: asScipy ? scipyTail(normed) : cramerVonMisesTail(normed), method: "asymptotic" };
}

function scipyTail(x: number): number {
  return x < 0.003 ? 1 : Math.max(0, 1 - cramerVonMisesCdf(x, 1e-7));
}

/** The sum of (rank among both - rank in its own sample)², of ascending samples, ranks of ties in the middle. */
function squaredRanks(own: Float64Array, other: Float64Array): number {
  let [i, j, sum] = [0, 0, 0];
  while (i < own.length) {
    const value = own[i]!;
    while (j < other.length && other[j]! < value) j++;
    let equal = j;
    while (equal < other.length && other[equal] === value) equal++;
    let end = i;
    while (end < own.length && own[end] === value) end++;
    const rank = i + j + (end - i + equal - j + 1) / 2;
    for (; i < end; i++) sum += (rank - (i + 1)) ** 2;
    j = equal;
  }
  return sum;
}

/** Y. Xiao, A. Gordon and A. Yakovlev, "A C++ Program for the Cramér-von Mises Two-Sample Test" (2006): all paths, by their sum. */
function exactTail({ u, n, m }: { u: number; n: number; m: number }): number {
  const lcm = leastCommonMultiple(n, m);
  const [a, b] = [lcm / n, lcm / m];
  const product = n * m;
  const zeta = Math.floor((lcm ** 2 * (n + m) * (6 * u - product * (4 * product - 1))) / (6 * product ** 2));
  let column: Map<number, number>[] = Array.from({ length: n + 1 }, () => new Map<number, number>());
  column[0]!.set(0, 1);
  for (let row = 0; row <= m; row++) {
    let carried = new Map<number, number>();
    const next: Map<number, number>[] = [];
    for (let v = 0; v <= n; v++) {
      const step = (a * v - b * row) ** 2;
      const sums = new Map<number, number>();
      for (const source of [carried, column[v]!])
        for (const [sum, ways] of source) sums.set(sum + step, (sums.get(sum + step) ?? 0) + ways);
      next.push(sums);
      carried = sums;
    }
    column = next;
  }
  let [beyond, all] = [0, 0];
  for (const [sum, ways] of column[n]!) {
    all += ways;
    if (sum >= zeta) beyond += ways;
  }
  return beyond / all;
}

function leastCommonMultiple(n: number, m: number): number {
  let [a, b] = [n, m];
  while (b !== 0) [a, b] = [b, a % b];
  return (n / a) * m;
}
