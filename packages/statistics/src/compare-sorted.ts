/** What two empirical distribution functions F and G differ by. */
export interface SortedComparison {
  /** The largest |F - G|: the Kolmogorov-Smirnov statistic. */
  readonly ks: number;
  /** The value at which it is reached first. */
  readonly location: number;
  /** 1 where F > G there (the first sample holds smaller values), else -1. */
  readonly sign: 1 | -1;
  /** The integral of |F - G|: Wasserstein's distance of order 1, in units of the values. */
  readonly wasserstein: number;
  /** The integral of (F - G)², whose double is the squared energy distance. */
  readonly squared: number;
}

/**
 * Compares two samples in one pass.
 * @param a @param b not empty, ascending, without NaN: what `sortNumbers` gives
 */
export function compareSorted(a: Float64Array, b: Float64Array): SortedComparison {
  requireSamples(a, b);
  const n = a.length;
  const m = b.length;
  let [i, j] = [0, 0];
  let [above, below, highest, lowest] = [0, 0, Number.NaN, Number.NaN];
  let [absolute, squared] = [0, 0];
  let previous = Math.min(a[0]!, b[0]!);
  let gap = 0;
  while (i < n && j < m) {
    let value;
    if (a[i]! <= b[j]!) value = a[i++]!;
    else value = b[j++]!;
    const width = value - previous;
    // Of ties the last step has the width. Not between two infinite values, nor over an infinite width without a gap.
    if (width > 0 && gap !== 0) {
      const area = gap * width;
      absolute += Math.abs(area);
      squared += area * gap;
      if (gap > above) {
        above = gap;
        highest = previous;
      } else if (gap < -below) {
        below = -gap;
        lowest = previous;
      }
    }
    previous = value;
    // n m (F - G), a whole number.
    gap = i * m - j * n;
  }
  // From here on the gap falls to 0.
  const rest = i < n ? a.subarray(i) : b.subarray(j);
  const step = Math.abs(gap) / rest.length;
  for (let k = 0; k < rest.length; k++) {
    const width = rest[k]! - previous;
    const left = step * (rest.length - k);
    if (width > 0) {
      absolute += left * width;
      squared += left * left * width;
      if (gap > 0 && left > above) [above, highest] = [left, previous];
      if (gap < 0 && left > below) [below, lowest] = [left, previous];
    }
    previous = rest[k]!;
  }
  const negative = below > above;
  return {
    ks: (negative ? below : above) / (n * m),
    location: above === 0 && below === 0 ? previous : negative ? lowest : highest,
    sign: negative ? -1 : 1,
    wasserstein: absolute / (n * m),
    squared: squared / (n * m) / (n * m),
  };
}

/** @throws RangeError where one of the samples is empty */
export function requireSamples(a: ArrayLike<number>, b: ArrayLike<number>): void {
  if (a.length === 0 || b.length === 0)
    throw new RangeError("A sample is empty. Two samples of at least one number are compared.");
}
