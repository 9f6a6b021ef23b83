import { spread, requireSameLength, UNDEFINED, type Measure } from "./measure.ts";

export interface BusinessValue {
  /** Sum over all rows; its standard error is sqrt(n) x s. */
  readonly total: Measure;
  /** Per prediction. */
  readonly mean: Measure;
}

/**
 * What the predictions were worth under a table of values (costs are negative values).
 * @param truth n class numbers below k. @param predicted n class numbers below k.
 * @param worth k x k, `worth[truth][predicted]`.
 */
export function businessValue(
  truth: ArrayLike<number>,
  predicted: ArrayLike<number>,
  worth: readonly (readonly number[])[],
): BusinessValue {
  const n = requireSameLength(truth, predicted);
  const rows = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const value = worth[truth[i]!]?.[predicted[i]!];
    if (value === undefined) {
      throw new RangeError(`The table has no value for truth ${truth[i]} predicted as ${predicted[i]}.`);
    }
    rows[i] = value;
  }
  if (n === 0) return { total: UNDEFINED, mean: UNDEFINED };
  const { mean, squares } = spread(rows);
  const error = n < 2 ? null : Math.sqrt(squares / (n - 1) / n);
  return {
    total: { value: mean * n, standardError: error === null ? null : error * n },
    mean: { value: mean, standardError: error },
  };
}
