import { countsError, requireSameLength, UNDEFINED, type Measure } from "./measure.ts";

/** Rows by truth and prediction. Whole numbers when counted, fractions when expected (see estimation/cbpe.ts). */
export interface BinaryConfusion {
  readonly tp: number;
  readonly fp: number;
  readonly fn: number;
  readonly tn: number;
}

export interface ConfusionMeasures {
  readonly accuracy: Measure;
  readonly precision: Measure;
  readonly recall: Measure;
  readonly specificity: Measure;
  readonly f1: Measure;
  /** Matthews' correlation coefficient, -1 to 1. */
  readonly mcc: Measure;
}

/** Counts rows of classes 0 and 1. @throws RangeError for another class or columns of different lengths. */
export function countBinary(truth: ArrayLike<number>, predicted: ArrayLike<number>): BinaryConfusion {
  const n = requireSameLength(truth, predicted);
  const counts = [0, 0, 0, 0];
  for (let i = 0; i < n; i++) counts[2 * requireBit(truth[i]!) + requireBit(predicted[i]!)]!++;
  const [tn = 0, fp = 0, fn = 0, tp = 0] = counts;
  return { tp, fp, fn, tn };
}

function requireBit(value: number): 0 | 1 {
  if (value === 0 || value === 1) return value;
  throw new RangeError(`A binary class is 0 or 1, not ${value}.`);
}

/**
 * Accuracy, precision, recall, specificity, F1 and Matthews' coefficient of four counts, with standard errors by the delta
 * method (for a share sqrt(p(1-p)/n)). A share of nothing is null: precision without a positive prediction, recall
 * without a positive row, where scikit-learn answers 0 and warns. Definitions as sklearn.metrics.
 */
export function confusionMeasures(confusion: BinaryConfusion): ConfusionMeasures {
  const { tp, fp, fn, tn } = confusion;
  return {
    accuracy: share(tp + tn, fp + fn),
    precision: share(tp, fp),
    recall: share(tp, fn),
    specificity: share(tn, fp),
    f1: f1Of(tp, fp, fn),
    mcc: mccOf(confusion),
  };
}

/** hits / (hits + misses). */
function share(hits: number, misses: number): Measure {
  const n = hits + misses;
  if (n === 0) return UNDEFINED;
  const value = hits / n;
  return { value, standardError: Math.sqrt(Math.max(0, value * (1 - value)) / n) };
}

function f1Of(tp: number, fp: number, fn: number): Measure {
  const total = 2 * tp + fp + fn;
  if (total === 0) return UNDEFINED;
  const value = (2 * tp) / total;
  return { value, standardError: countsError([tp, fp + fn], [(2 * (1 - value)) / total, -value / total]) };
}

/** phi = (tp tn - fp fn) / sqrt(product of the margins); the derivative of its logarithm gives the delta method. */
function mccOf({ tp, fp, fn, tn }: BinaryConfusion): Measure {
  const predictedYes = tp + fp;
  const predictedNo = tn + fn;
  const yes = tp + fn;
  const no = tn + fp;
  if (predictedYes === 0 || predictedNo === 0 || yes === 0 || no === 0) return UNDEFINED;
  const scale = Math.sqrt(predictedYes) * Math.sqrt(predictedNo) * Math.sqrt(yes) * Math.sqrt(no);
  const value = (tp * tn - fp * fn) / scale;
  const slopes = [
    tn / scale - (value / 2) * (1 / predictedYes + 1 / yes),
    -fn / scale - (value / 2) * (1 / predictedYes + 1 / no),
    -fp / scale - (value / 2) * (1 / predictedNo + 1 / yes),
    tp / scale - (value / 2) * (1 / predictedNo + 1 / no),
  ];
  return { value, standardError: countsError([tp, fp, fn, tn], slopes) };
}
