import { sortNumbers } from "../sort.ts";
import type { PermutationOptions } from "./permutation.ts";

/**
 * The maximum mean discrepancy of two samples under a Gaussian kernel whose width is the median of the squared distances within
 * the first, unbiased (A. Gretton et al., "A Kernel Two-Sample Test", 2012), with p by permutation. Memory and time grow with
 * the square of the values: at most 4,000 of both.
 * @throws RangeError above that, or under two values a sample
 */
export function maximumMeanDiscrepancy(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  { iterations, permute, count = "honest" }: PermutationOptions,
): { statistic: number; p: number } {
  const n = a.length;
  const m = b.length;
  if (n < 2 || m < 2) throw new RangeError("The maximum mean discrepancy needs at least two values in each sample.");
  if (n + m > 4000)
    throw new RangeError(`${n + m} values are too many for the maximum mean discrepancy: take 4,000 at most.`);
  const kernel = kernelMatrix(
    Float64Array.from({ length: n + m }, (_, i) => (i < n ? a[i]! : b[i - n]!)),
    n,
  );
  const observed = discrepancy(
    kernel,
    Int32Array.from({ length: n + m }, (_, i) => i),
    n,
  );
  let reached = 0;
  for (let i = 0; i < iterations; i++) if (discrepancy(kernel, permute(n + m), n) >= observed) reached++;
  return { statistic: observed, p: count === "share" ? reached / iterations : (reached + 1) / (iterations + 1) };
}

/** exp(-d² / (2σ²)), 0 on the diagonal; σ² is half the median of d² within the first n, its diagonal included, 1/2 where that is 0. */
function kernelMatrix(values: Float64Array, n: number): Float64Array {
  const size = values.length;
  const within = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) within[i * n + j] = (values[i]! - values[j]!) ** 2;
  const sorted = sortNumbers(within);
  const place = (sorted.length - 1) / 2;
  // NumPy's "nearest" rounds a half to the even place.
  const middle = Number.isInteger(place) ? place : Math.floor(place) + (Math.floor(place) % 2);
  const median = sorted[middle]!;
  const gamma = 1 / (median === 0 ? 1 : median);
  const kernel = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      if (i !== j) kernel[i * size + j] = Math.exp(-gamma * (values[i]! - values[j]!) ** 2);
    }
  }
  return kernel;
}

function discrepancy(kernel: Float64Array, order: Int32Array, n: number): number {
  const size = order.length;
  const m = size - n;
  let [first, second, between] = [0, 0, 0];
  for (let i = 0; i < size; i++) {
    const row = order[i]! * size;
    for (let j = 0; j < i; j++) {
      const value = kernel[row + order[j]!]!;
      if (i < n) first += value;
      else if (j >= n) second += value;
      else between += value;
    }
  }
  return (2 * first) / (n * (n - 1)) + (2 * second) / (m * (m - 1)) - (2 * between) / (n * m);
}
