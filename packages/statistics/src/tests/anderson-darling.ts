import { requireSamples } from "../compare-sorted.ts";
import { sortNumbers } from "../sort.ts";

export interface AndersonDarling {
  /** Standardised: 0 is what equal distributions have on average, 1 their standard deviation. */
  readonly statistic: number;
  /** Within 0.001 and 0.25, where the table ends. */
  readonly p: number;
}

// F. W. Scholz and M. A. Stephens, "K-Sample Anderson-Darling Tests" (1987), table 2: critical values are b0 + b1 / √m + b2 / m, with
// m = 1 for two samples.
const B0 = [0.675, 1.281, 1.645, 1.96, 2.326, 2.573, 3.085] as const;
const B1 = [-0.245, 0.25, 0.678, 1.149, 1.822, 2.364, 3.615] as const;
const B2 = [-0.105, -0.305, -0.362, -0.391, -0.396, -0.345, -0.154] as const;
const CRITICAL = B0.map((b, i) => b + B1[i]! + B2[i]!);
const LEVELS = [0.25, 0.1, 0.05, 0.025, 0.01, 0.005, 0.001] as const;

/**
 * The Anderson-Darling test of two samples, which sees the tails better than Kolmogorov-Smirnov's; with midranks for ties, as
 * scipy.stats.anderson_ksamp(variant="midrank").
 * @throws RangeError where a sample is empty, or all values are the same
 */
export function andersonDarling(a: ArrayLike<number>, b: ArrayLike<number>): AndersonDarling {
  const x = sortNumbers(a);
  const y = sortNumbers(b);
  requireSamples(x, y);
  const n = x.length;
  const m = y.length;
  const all = n + m;
  if (all < 4) throw new RangeError("Anderson-Darling's test needs at least four values together.");
  let [i, j, statistic] = [0, 0, 0];
  while (i < n || j < m) {
    const value = j >= m || (i < n && x[i]! <= y[j]!) ? x[i]! : y[j]!;
    const before = i + j;
    const beforeX = i;
    while (i < n && x[i] === value) i++;
    while (j < m && y[j] === value) j++;
    const tied = i + j - before;
    if (tied === all)
      throw new RangeError("All values are the same. Anderson-Darling's test needs two different ones.");
    const middle = before + tied / 2;
    const middleX = beforeX + (i - beforeX) / 2;
    const spread = middle * (all - middle) - (all * tied) / 4;
    // Of the second sample the deviation is the same with the other sign.
    const deviation = (all * middleX - middle * n) ** 2;
    statistic += ((tied / all) * deviation * (1 / n + 1 / m)) / spread;
  }
  statistic *= (all - 1) / all;
  const standard = (statistic - 1) / Math.sqrt(variance(n, m));
  return { statistic: standard, p: interpolate(standard) };
}

/** Of the statistic where both distributions are the same (Scholz and Stephens, 4), for two samples. */
function variance(n: number, m: number): number {
  const all = n + m;
  const inverse = 1 / n + 1 / m;
  let h = 0;
  let g = 0;
  let partial = 0;
  for (let i = 1; i < all; i++) h += 1 / i;
  for (let i = all - 1, j = 2; i > 1; i--, j++) {
    partial += 1 / i;
    g += partial / j;
  }
  const a = 4 * g - 6 + (10 - 6 * g) * inverse;
  const b = (2 * g - 4) * 4 + 16 * h + (2 * g - 14 * h - 4) * inverse - 8 * h + 4 * g - 6;
  const c = (6 * h + 2 * g - 2) * 4 + (4 * h - 4 * g + 6) * 2 + (2 * h - 6) * inverse + 4 * h;
  const d = (2 * h + 6) * 4 - 8 * h;
  return (a * all ** 3 + b * all ** 2 + c * all + d) / ((all - 1) * (all - 2) * (all - 3));
}

const PARABOLA = fitParabola(CRITICAL, LEVELS.map(Math.log));

function interpolate(statistic: number): number {
  if (statistic < CRITICAL[0]!) return LEVELS[0];
  if (statistic > CRITICAL[CRITICAL.length - 1]!) return LEVELS[LEVELS.length - 1]!;
  return Math.exp(PARABOLA[0] + statistic * (PARABOLA[1] + statistic * PARABOLA[2]));
}

/** Least squares by the polynomials that are orthogonal on x. */
function fitParabola(x: readonly number[], y: readonly number[]): readonly [number, number, number] {
  const sum = (term: (x: number, y: number) => number) => x.reduce((total, value, i) => total + term(value, y[i]!), 0);
  const mean = sum((v) => v) / x.length;
  const squares = sum((v) => (v - mean) ** 2);
  const skew = sum((v) => (v - mean) ** 3) / squares;
  const second = (v: number) => (v - mean) ** 2 - skew * (v - mean) - squares / x.length;
  const c0 = sum((_, w) => w) / x.length;
  const c1 = sum((v, w) => (v - mean) * w) / squares;
  const c2 = sum((v, w) => second(v) * w) / sum((v) => second(v) ** 2);
  const linear = c1 - c2 * skew;
  return [c0 - linear * mean + c2 * (mean * mean - squares / x.length), linear - 2 * c2 * mean, c2];
}
