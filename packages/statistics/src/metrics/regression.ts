import { meanMeasure, requireSameLength, spread, UNDEFINED, type Measure } from "./measure.ts";

export interface RegressionMeasures {
  /** Mean of prediction - truth: which way the model leans. */
  readonly meanError: Measure;
  readonly mae: Measure;
  readonly mse: Measure;
  readonly rmse: Measure;
  /** Mean of |error| / |truth|, a share and not percent; |truth| at least 2.2e-16 (as scikit-learn). */
  readonly mape: Measure;
  /** Mean squared difference of log(1 + value); null where a truth or prediction is at or below -1. */
  readonly msle: Measure;
  readonly rmsle: Measure;
  /** Share of the truth's variance that is explained; null for a constant truth. */
  readonly r2: Measure;
  /** Largest |error|; without a standard error. */
  readonly maxError: Measure;
}

/**
 * The usual figures of a regression, equal to sklearn.metrics. Means have the standard error s / sqrt(n); roots get it by
 * the delta method, s(m) / (2 sqrt(m)); R2 by the infinitesimal jackknife (Efron 1982).
 * @param truth n finite numbers. @param predicted n finite numbers.
 */
export function regressionMeasures(truth: ArrayLike<number>, predicted: ArrayLike<number>): RegressionMeasures {
  const n = requireSameLength(truth, predicted);
  const error = new Float64Array(n);
  const absolute = new Float64Array(n);
  const square = new Float64Array(n);
  const relative = new Float64Array(n);
  let largest = 0;
  for (let i = 0; i < n; i++) {
    error[i] = predicted[i]! - truth[i]!;
    absolute[i] = Math.abs(error[i]!);
    square[i] = error[i]! ** 2;
    relative[i] = absolute[i]! / Math.max(Math.abs(truth[i]!), Number.EPSILON);
    largest = Math.max(largest, absolute[i]!);
  }
  const mse = meanMeasure(square);
  const msle = logErrors(truth, predicted);
  return {
    meanError: meanMeasure(error),
    mae: meanMeasure(absolute),
    mse,
    rmse: rootMeasure(mse),
    mape: meanMeasure(relative),
    msle,
    rmsle: rootMeasure(msle),
    r2: explained(truth, square),
    maxError: n === 0 ? UNDEFINED : { value: largest, standardError: null },
  };
}

/** The root of a mean, its error by the delta method. */
function rootMeasure(mean: Measure): Measure {
  if (mean.value === null) return UNDEFINED;
  const value = Math.sqrt(mean.value);
  if (mean.standardError === null) return { value, standardError: null };
  return { value, standardError: value === 0 ? 0 : mean.standardError / (2 * value) };
}

function logErrors(truth: ArrayLike<number>, predicted: ArrayLike<number>): Measure {
  const rows = new Float64Array(truth.length);
  for (let i = 0; i < rows.length; i++) {
    if (truth[i]! <= -1 || predicted[i]! <= -1) return UNDEFINED;
    rows[i] = (Math.log1p(predicted[i]!) - Math.log1p(truth[i]!)) ** 2;
  }
  return meanMeasure(rows);
}

function explained(truth: ArrayLike<number>, square: Float64Array): Measure {
  const { n, mean, squares: total } = spread(truth);
  if (n < 2 || total === 0) return UNDEFINED;
  const left = square.reduce((sum, value) => sum + value, 0) / total;
  let variance = 0;
  for (let i = 0; i < n; i++) variance += ((square[i]! - left * (truth[i]! - mean) ** 2) / total) ** 2;
  return { value: 1 - left, standardError: Math.sqrt(variance) };
}
