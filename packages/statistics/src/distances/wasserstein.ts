import { compareSorted, requireSamples } from "../compare-sorted.ts";
import { sortNumbers } from "../sort.ts";

/**
 * Wasserstein's distance of order 1: the least work that turns one sample into the other, in units of the values
 * (scipy.stats.wasserstein_distance). NaN is left out.
 */
export function wasserstein(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return compareSorted(sortNumbers(a), sortNumbers(b)).wasserstein;
}

/** The energy distance √(2 E|X-Y| - E|X-X'| - E|Y-Y'|) = √(2 ∫(F-G)²) (G. J. Székely, 2002; scipy.stats.energy_distance). */
export function energyDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Math.sqrt(2 * compareSorted(sortNumbers(a), sortNumbers(b)).squared);
}

/** The standard deviation over n (NumPy's default), which norms Wasserstein's distance; NaN of no values. */
export function standardDeviation(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  const mean = sum / values.length;
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += (values[i]! - mean) ** 2;
  return Math.sqrt(squares / values.length);
}

/**
 * Wasserstein's distance in standard deviations of the first sample. Evidently's floor: a deviation under 0.001 counts as 0.001.
 */
export function normedWasserstein(reference: ArrayLike<number>, current: ArrayLike<number>): number {
  requireSamples(reference, current);
  return wasserstein(reference, current) / Math.max(standardDeviation(reference), 0.001);
}

/**
 * Wasserstein's distance of two histograms on the same edges, each bin's mass spread evenly over it: never more than the width of
 * the widest bin off. In units of the edges.
 * @param a @param b counts or shares of the bins between the k + 1 edges
 * @param edges ascending and finite
 */
export function wassersteinOfBins(a: ArrayLike<number>, b: ArrayLike<number>, edges: ArrayLike<number>): number {
  const bins = edges.length - 1;
  if (a.length !== bins || b.length !== bins)
    throw new RangeError(`${edges.length} edges make ${bins} bins; the histograms have ${a.length} and ${b.length}.`);
  const [totalA, totalB] = [sum(a), sum(b)];
  let [distance, gap] = [0, 0];
  for (let i = 0; i < bins; i++) {
    const next = gap + a[i]! / totalA - b[i]! / totalB;
    const width = edges[i + 1]! - edges[i]!;
    // The difference runs straight from `gap` to `next`; where it changes its sign, two triangles.
    const area = gap * next >= 0 ? Math.abs(gap + next) / 2 : (gap * gap + next * next) / (2 * Math.abs(gap - next));
    distance += area * width;
    gap = next;
  }
  return distance;
}

function sum(values: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i]!;
  return total;
}
