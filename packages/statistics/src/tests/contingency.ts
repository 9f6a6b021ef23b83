import { chiSquareTail } from "../distributions/gamma.ts";

export interface ChiSquareResult {
  readonly statistic: number;
  /** Degrees of freedom: levels that occur, less one. */
  readonly df: number;
  readonly p: number;
}

/**
 * Whether two samples have the same shares of k levels: Pearson's chi-square test of homogeneity on the 2 x k table, without
 * continuity correction (scipy.stats.chi2_contingency). Both samples are samples: neither is taken for the truth.
 * Levels that occur in neither are left out; with one level p is 1.
 * @param a @param b counts of the same levels in the same order
 */
export function chiSquareHomogeneity(a: ArrayLike<number>, b: ArrayLike<number>): ChiSquareResult {
  return homogeneity(a, b, (observed, expected) => (observed - expected) ** 2 / expected);
}

/** The same question by the likelihood ratio (G), as chi2_contingency with lambda_="log-likelihood". */
export function gHomogeneity(a: ArrayLike<number>, b: ArrayLike<number>): ChiSquareResult {
  return homogeneity(a, b, (observed, expected) => (observed === 0 ? 0 : 2 * observed * Math.log(observed / expected)));
}

function homogeneity(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  term: (observed: number, expected: number) => number,
): ChiSquareResult {
  requireSameLevels(a, b);
  const n = total(a);
  const m = total(b);
  if (n === 0 || m === 0)
    throw new RangeError("A sample has no counts. Two samples of at least one value are compared.");
  let statistic = 0;
  let levels = 0;
  for (let i = 0; i < a.length; i++) {
    const both = a[i]! + b[i]!;
    if (both === 0) continue;
    levels++;
    const expected = (both / (n + m)) * n;
    statistic += term(a[i]!, expected) + term(b[i]!, both - expected);
  }
  const df = levels - 1;
  return { statistic, df, p: df === 0 ? 1 : chiSquareTail(statistic, df) };
}

/**
 * Whether counts fit expected ones, which are taken as exact: scipy.stats.chisquare. NaN where an expected count and the observed
 * one are 0; Infinity, p = 0, where only the expected one is.
 */
export function chiSquareFit(observed: ArrayLike<number>, expected: ArrayLike<number>): ChiSquareResult {
  requireSameLevels(observed, expected);
  let statistic = 0;
  for (let i = 0; i < observed.length; i++) statistic += (observed[i]! - expected[i]!) ** 2 / expected[i]!;
  return fit(statistic, observed.length - 1);
}

/** scipy.stats.power_divergence with lambda_="log-likelihood". */
export function gFit(observed: ArrayLike<number>, expected: ArrayLike<number>): ChiSquareResult {
  requireSameLevels(observed, expected);
  let statistic = 0;
  for (let i = 0; i < observed.length; i++) {
    if (observed[i]! > 0) statistic += 2 * observed[i]! * Math.log(observed[i]! / expected[i]!);
  }
  return fit(statistic, observed.length - 1);
}

function fit(statistic: number, df: number): ChiSquareResult {
  return { statistic, df, p: df <= 0 || Number.isNaN(statistic) ? Number.NaN : chiSquareTail(statistic, df) };
}

/**
 * The same counts with rare levels put together at the end, so that each expected count of the 2 x k table is at least
 * `least` (W. G. Cochran's rule, 1954: 5), or one level is left.
 */
export function poolRareLevels(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  least = 5,
): readonly [a: number[], b: number[]] {
  requireSameLevels(a, b);
  const n = total(a);
  const m = total(b);
  const share = Math.min(n, m) / (n + m);
  const order = Array.from(a, (count, i) => ({ a: count, b: b[i]! }))
    .filter((level) => level.a + level.b > 0)
    .sort((x, y) => y.a + y.b - x.a - x.b);
  const kept: { a: number; b: number }[] = [];
  let rest = { a: 0, b: 0 };
  for (const level of order) {
    if ((level.a + level.b) * share >= least) kept.push(level);
    else rest = { a: rest.a + level.a, b: rest.b + level.b };
  }
  // Levels that are rare even together go to the least frequent of the others.
  const last = kept.at(-1);
  if (rest.a + rest.b > 0) {
    if ((rest.a + rest.b) * share >= least || last === undefined) kept.push(rest);
    else kept[kept.length - 1] = { a: last.a + rest.a, b: last.b + rest.b };
  }
  return [kept.map((level) => level.a), kept.map((level) => level.b)];
}

export function total(counts: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < counts.length; i++) sum += counts[i]!;
  return sum;
}

export function requireSameLevels(a: ArrayLike<number>, b: ArrayLike<number>): void {
  if (a.length !== b.length || a.length === 0)
    throw new RangeError(
      `The samples have ${a.length} and ${b.length} levels. Counts of the same levels in the same order are compared.`,
    );
}
