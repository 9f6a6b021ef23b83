import { chiSquareTail } from "../distributions/gamma.ts";
import { quantileOfSorted } from "../quantile.ts";
import { sortNumbers } from "../sort.ts";
import type { ChiSquareResult } from "./contingency.ts";

const POINTS = [0.4, 0.8] as const;
const SIZE = 4;

/**
 * The Epps-Singleton test: compares the empirical characteristic functions at 0.4 and 0.8 half interquartile ranges
 * (T. W. Epps and K. J. Singleton, 1986), as scipy.stats.epps_singleton_2samp. Needs no continuous distribution.
 * @throws RangeError under five values a sample, or where the middle half of all values is one value
 */
export function eppsSingleton(a: ArrayLike<number>, b: ArrayLike<number>): ChiSquareResult {
  const n = a.length;
  const m = b.length;
  if (n < 5 || m < 5) throw new RangeError("The Epps-Singleton test needs at least five values in each sample.");
  const all = new Float64Array(n + m);
  all.set(Array.isArray(a) ? a : Array.from(a), 0);
  all.set(Array.isArray(b) ? b : Array.from(b), n);
  const sorted = sortNumbers(all);
  const range = quantileOfSorted(sorted, 0.75) - quantileOfSorted(sorted, 0.25);
  if (!(range > 0))
    throw new RangeError("The middle half of the values is one value, so that the Epps-Singleton test has no scale.");
  const scales = POINTS.map((point) => point / (range / 2));
  const x = waves(all.subarray(0, n), scales);
  const y = waves(all.subarray(n), scales);
  const covariance = x.covariance.map((value, i) => ((n + m) / n) * value + ((n + m) / m) * y.covariance[i]!);
  const difference = x.mean.map((value, i) => value - y.mean[i]!);
  const { squared, rank } = inverseForm(covariance, difference);
  let statistic = (n + m) * squared;
  if (Math.max(n, m) < 25) statistic /= 1 + (n + m) ** -0.45 + 10.1 * (n ** -1.7 + m ** -1.7);
  return { statistic, df: rank, p: chiSquareTail(statistic, rank) };
}

/** Means and covariances (over n) of cos(s v) for each scale, then sin(s v). */
function waves(values: Float64Array, scales: readonly number[]): { mean: number[]; covariance: number[] } {
  const rows = [Math.cos, Math.sin].flatMap((wave) =>
    scales.map((scale) => values.map((value) => wave(scale * value))),
  );
  const mean = rows.map((row) => row.reduce((sum, value) => sum + value, 0) / row.length);
  const covariance: number[] = [];
  for (let i = 0; i < SIZE; i++) {
    for (let j = 0; j < SIZE; j++) {
      let sum = 0;
      for (let k = 0; k < values.length; k++) sum += (rows[i]![k]! - mean[i]!) * (rows[j]![k]! - mean[j]!);
      covariance.push(sum / values.length);
    }
  }
  return { mean, covariance };
}

/** v' A⁺ v of a symmetric 4 x 4 matrix by its eigenvectors (Jacobi's rotations), and the rank of A⁺ as NumPy counts it. */
function inverseForm(matrix: readonly number[], vector: readonly number[]): { squared: number; rank: number } {
  const a = [...matrix];
  const v = Array.from({ length: SIZE * SIZE }, (_, i) => (i % (SIZE + 1) === 0 ? 1 : 0));
  for (let sweep = 0; sweep < 50; sweep++) {
    let off = 0;
    for (let p = 0; p < SIZE; p++) for (let q = p + 1; q < SIZE; q++) off += a[p * SIZE + q]! ** 2;
    if (off < 1e-300) break;
    for (let p = 0; p < SIZE; p++) for (let q = p + 1; q < SIZE; q++) rotate(a, v, [p, q]);
  }
  const values = Array.from({ length: SIZE }, (_, i) => a[i * SIZE + i]!);
  const largest = Math.max(...values.map(Math.abs));
  const kept = values.map((value) => Math.abs(value) > 1e-15 * largest);
  const inverses = values.map((value, i) => (kept[i] ? 1 / value : 0));
  const least = Math.max(...inverses.map(Math.abs)) * SIZE * Number.EPSILON;
  const squared = inverses.reduce((sum, inverse, i) => {
    let along = 0;
    for (let k = 0; k < SIZE; k++) along += v[k * SIZE + i]! * vector[k]!;
    return sum + inverse * along * along;
  }, 0);
  return { squared, rank: inverses.filter((inverse) => Math.abs(inverse) > least).length };
}

function rotate(a: number[], v: number[], [p, q]: readonly [number, number]): void {
  const apq = a[p * SIZE + q]!;
  if (apq === 0) return;
  const theta = (a[q * SIZE + q]! - a[p * SIZE + p]!) / (2 * apq);
  const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  for (let k = 0; k < SIZE; k++) {
    const [kp, kq] = [a[k * SIZE + p]!, a[k * SIZE + q]!];
    a[k * SIZE + p] = c * kp - s * kq;
    a[k * SIZE + q] = s * kp + c * kq;
  }
  for (let k = 0; k < SIZE; k++) {
    const [pk, qk] = [a[p * SIZE + k]!, a[q * SIZE + k]!];
    a[p * SIZE + k] = c * pk - s * qk;
    a[q * SIZE + k] = s * pk + c * qk;
    const [vp, vq] = [v[k * SIZE + p]!, v[k * SIZE + q]!];
    v[k * SIZE + p] = c * vp - s * vq;
    v[k * SIZE + q] = s * vp + c * vq;
  }
}
