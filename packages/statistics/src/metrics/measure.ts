/**
 * One figure about a sample. `value` is null where it is not defined (no positive row, one class only, no row at all), so
 * that nobody compares a made-up 0; `standardError` is null where `value` is, or where the sample cannot tell it.
 */
export interface Measure {
  readonly value: number | null;
  readonly standardError: number | null;
}

export const UNDEFINED: Measure = { value: null, standardError: null };

/** The mean of per-row values and its standard error s / sqrt(n), s with n - 1 (null for one row). */
export function meanMeasure(values: ArrayLike<number>): Measure {
  const { n, mean, squares } = spread(values);
  if (n === 0) return UNDEFINED;
  return { value: mean, standardError: n < 2 ? null : Math.sqrt(squares / (n - 1) / n) };
}

/**
 * The standard error of a statistic of counts by the infinitesimal jackknife, which for a multinomial sample is the delta
 * method: sqrt(sum of count x derivative^2), for a statistic that does not change when all counts are scaled alike
 * (Efron, "The Jackknife, the Bootstrap and Other Resampling Plans", 1982, chapter 6). For a share it is sqrt(p(1-p)/n).
 */
export function countsError(counts: ArrayLike<number>, derivatives: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < counts.length; i++) sum += counts[i]! * derivatives[i]! ** 2;
  return Math.sqrt(sum);
}

/** Number, mean and sum of squared deviations of values, by Welford's recurrence (Technometrics 4, 1962). */
export function spread(values: ArrayLike<number>): { n: number; mean: number; squares: number } {
  let mean = 0;
  let squares = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    const delta = value - mean;
    mean += delta / (i + 1);
    squares += delta * (value - mean);
  }
  return { n: values.length, mean, squares };
}

/** The length that all columns share. @throws RangeError when they differ. */
export function requireSameLength(...columns: readonly ArrayLike<unknown>[]): number {
  const n = columns[0]?.length ?? 0;
  for (const column of columns) {
    if (column.length !== n) throw new RangeError(`Columns of ${n} and ${column.length} rows do not belong together.`);
  }
  return n;
}
