import { evenEdges } from "../distances/histogram.ts";

/**
 * Edges of equal bins, as many as D. P. Doane's rule ("Aesthetic frequency classifications", 1976) has: Sturges' and some
 * more for a skewed sample (numpy.histogram_bin_edges(bins="doane")). @param values finite numbers, at least one.
 */
export function doaneEdges(values: ArrayLike<number>): Float64Array<ArrayBuffer> {
  const n = values.length;
  let [min, max, sum] = [Infinity, -Infinity, 0];
  for (let i = 0; i < n; i++) {
    min = Math.min(min, values[i]!);
    max = Math.max(max, values[i]!);
    sum += values[i]!;
  }
  if (min === max) return Float64Array.of(min - 0.5, max + 0.5);
  const width = n > 2 ? (max - min) / (1 + Math.log2(n) + Math.log2(1 + skewness(values, sum / n))) : 0;
  return evenEdges([min, max], width > 0 ? Math.ceil((max - min) / width) : 1);
}

/** |Fisher's skewness| over its standard deviation in normal samples. */
function skewness(values: ArrayLike<number>, mean: number): number {
  const n = values.length;
  let squares = 0;
  for (let i = 0; i < n; i++) squares += (values[i]! - mean) ** 2;
  const sigma = Math.sqrt(squares / n);
  let cubes = 0;
  for (let i = 0; i < n; i++) cubes += ((values[i]! - mean) / sigma) ** 3;
  return Math.abs(cubes / n) / Math.sqrt((6 * (n - 2)) / ((n + 1) * (n + 3)));
}
