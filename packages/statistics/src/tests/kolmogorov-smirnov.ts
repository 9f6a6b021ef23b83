import { compareSorted } from "../compare-sorted.ts";
import { kolmogorovTail } from "../distributions/kolmogorov.ts";
import { sortNumbers } from "../sort.ts";

export interface KolmogorovSmirnov {
  /** The largest difference of the two distribution functions, 0 to 1. */
  readonly statistic: number;
  readonly p: number;
  /** Where it is. */
  readonly location: number;
  /** 1 where the first sample holds smaller values. */
  readonly sign: 1 | -1;
  readonly method: "exact" | "asymptotic";
}

export type KolmogorovSmirnovMethod = "auto" | "exact" | "asymptotic";

/**
 * The two-sided Kolmogorov-Smirnov test of two samples, as scipy.stats.ks_2samp.
 * @param a @param b any order; NaN is left out
 * @param method auto: exact up to 10,000 values a sample, which takes up to a second where the sizes differ
 * @throws RangeError where a sample has no numbers
 */
export function kolmogorovSmirnov(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  method: KolmogorovSmirnovMethod = "auto",
): KolmogorovSmirnov {
  const x = sortNumbers(a);
  const y = sortNumbers(b);
  const { ks, location, sign } = compareSorted(x, y);
  return { ...kolmogorovSmirnovP(ks, { n: x.length, m: y.length, method }), location, sign };
}

export interface KolmogorovSmirnovSizes {
  readonly n: number;
  readonly m: number;
  readonly method?: KolmogorovSmirnovMethod;
}

/**
 * The p of a statistic. Ties make it conservative, as in SciPy.
 * Exact: the share of lattice paths that leave the band (J. L. Hodges, 1958; T. Viehmann, "Numerically more stable computation
 * of the p-values for the two-sample Kolmogorov-Smirnov test", 2021). Asymptotic: the one-sample statistic of
 * round(n m / (n + m)) values.
 */
export function kolmogorovSmirnovP(
  statistic: number,
  { n, m, method = "auto" }: KolmogorovSmirnovSizes,
): { statistic: number; p: number; method: "exact" | "asymptotic" } {
  const g = greatestCommonDivisor(n, m);
  const exact = method === "exact" ? (n / g) * (m / g) < 2 ** 31 : method === "auto" && Math.max(n, m) <= 10_000;
  if (exact) {
    const lcm = (n / g) * m;
    const h = Math.round(statistic * lcm);
    const p = h === 0 ? 1 : n === m ? outsideSquare(n, h) : outsideBand({ n, m, g, h });
    if (p >= 0 && p <= 1) return { statistic: h / lcm, p, method: "exact" };
  }
  const p = kolmogorovTail(Math.round((n * m) / (n + m)), statistic);
  return { statistic, p: Math.min(1, Math.max(0, p)), method: "asymptotic" };
}

function greatestCommonDivisor(n: number, m: number): number {
  return m === 0 ? n : greatestCommonDivisor(m, n % m);
}

/** The share of paths from (0, 0) to (n, n) that touch |x - y| = h, by reflection. */
function outsideSquare(n: number, h: number): number {
  let share = 0;
  for (let k = Math.floor(n / h); k >= 0; k--) {
    let factor = 1;
    for (let j = 0; j < h; j++) factor *= (n - k * h - j) / (n + k * h + j + 1);
    share = factor * (1 - share);
  }
  return 2 * share;
}

/** The share of paths from (0, 0) to (n, m) that do not stay strictly inside |x m - y n| / g < h: a window moves over the columns. */
function outsideBand(sizes: { n: number; m: number; g: number; h: number }): number {
  const long = Math.max(sizes.n, sizes.m);
  const short = Math.min(sizes.n, sizes.m);
  const { g, h } = sizes;
  const longSteps = long / g;
  const shortSteps = short / g;
  let min = 0;
  let max = Math.min(Math.ceil(h / longSteps), short + 1);
  const shares = new Float64Array(Math.min(2 * max + 2, short + 1)).fill(1);
  shares.fill(0, min, max);
  for (let i = 1; i <= long; i++) {
    const lastMin = min;
    const lastLength = max - min;
    min = Math.min(Math.max(Math.floor((shortSteps * i - h) / longSteps) + 1, 0), short);
    max = Math.min(Math.ceil((shortSteps * i + h) / longSteps), short + 1);
    if (max <= min) return 1;
    let share = min === 0 ? 0 : 1;
    for (let j = min; j < max; j++) {
      share = (shares[j - lastMin]! * i + share * j) / (i + j);
      shares[j - min] = share;
    }
    if (lastLength > max - min) shares.fill(1, max - min, lastLength);
  }
  return shares[max - min - 1]!;
}
