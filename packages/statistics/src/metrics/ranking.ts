import { requireSameLength, UNDEFINED, type Measure } from "./measure.ts";

/** Rows by distinct score, highest first: how many are positive and how many negative. */
interface ScoreGroups {
  readonly positives: Float64Array;
  readonly negatives: Float64Array;
  readonly size: number;
  readonly positive: number;
  readonly negative: number;
}

/**
 * Area under the ROC curve: the chance that a positive row's score is above a negative one's, ties counting half (equal
 * to sklearn.metrics.roc_auc_score). Standard error by DeLong, DeLong and Clarke-Pearson (Biometrics 44, 1988).
 * @param truth n classes 0 or 1. @param score n numbers, higher is more positive. Null when a class has no row.
 */
export function rocAuc(truth: ArrayLike<number>, score: ArrayLike<number>): Measure {
  const groups = groupByScore(truth, score);
  const { positive, negative } = groups;
  if (positive === 0 || negative === 0) return UNDEFINED;
  // The placement of a row: the share of the other class that it is on the right side of.
  const ofPositives = { sum: 0, squares: 0 };
  const ofNegatives = { sum: 0, squares: 0 };
  let positivesAbove = 0;
  let negativesAbove = 0;
  for (let g = 0; g < groups.size; g++) {
    const p = groups.positives[g]!;
    const q = groups.negatives[g]!;
    const won = (negative - negativesAbove - q / 2) / negative;
    const lost = (positivesAbove + p / 2) / positive;
    ofPositives.sum += p * won;
    ofPositives.squares += p * won * won;
    ofNegatives.sum += q * lost;
    ofNegatives.squares += q * lost * lost;
    positivesAbove += p;
    negativesAbove += q;
  }
  const value = ofPositives.sum / positive;
  if (positive < 2 || negative < 2) return { value, standardError: null };
  const spread = (of: { squares: number }, n: number) => Math.max(0, of.squares - n * value * value) / (n - 1) / n;
  return { value, standardError: Math.sqrt(spread(ofPositives, positive) + spread(ofNegatives, negative)) };
}

/**
 * Average precision: the sum over thresholds of (recall gained) x precision, without interpolation (equal to
 * sklearn.metrics.average_precision_score). Standard error by the infinitesimal jackknife (Efron 1982): the root of the
 * summed squared derivatives by the rows' weights. Null when no row is positive.
 */
export function averagePrecision(truth: ArrayLike<number>, score: ArrayLike<number>): Measure {
  const groups = groupByScore(truth, score);
  const { positive, size } = groups;
  if (positive === 0) return UNDEFINED;
  const precisions = new Float64Array(size);
  // Per group: positives x FP / (TP + FP)^2 and positives x TP / (TP + FP)^2, what one row more above them changes.
  const gain = new Float64Array(size);
  const loss = new Float64Array(size);
  let tp = 0;
  let fp = 0;
  let value = 0;
  for (let g = 0; g < size; g++) {
    const p = groups.positives[g]!;
    tp += p;
    fp += groups.negatives[g]!;
    const precision = tp / (tp + fp);
    precisions[g] = precision;
    value += (p / positive) * precision;
    gain[g] = (p * fp) / (tp + fp) ** 2;
    loss[g] = (p * tp) / (tp + fp) ** 2;
  }
  let gained = 0;
  let lost = 0;
  let variance = 0;
  for (let g = size - 1; g >= 0; g--) {
    gained += gain[g]!;
    lost += loss[g]!;
    const ofPositive = (precisions[g]! - value + gained) / positive;
    const ofNegative = -lost / positive;
    variance += groups.positives[g]! * ofPositive ** 2 + groups.negatives[g]! * ofNegative ** 2;
  }
  return { value, standardError: Math.sqrt(variance) };
}

function groupByScore(truth: ArrayLike<number>, score: ArrayLike<number>): ScoreGroups {
  const n = requireSameLength(truth, score);
  let positive = 0;
  for (let i = 0; i < n; i++) {
    const label = truth[i];
    if (label !== 0 && label !== 1) throw new RangeError(`A binary class is 0 or 1, not ${label}.`);
    if (Number.isNaN(score[i]!)) throw new RangeError(`The score of row ${i} is not a number.`);
    positive += label;
  }
  const yes = sortedScores(truth, score, { label: 1, count: positive });
  const no = sortedScores(truth, score, { label: 0, count: n - positive });
  const positives = new Float64Array(n);
  const negatives = new Float64Array(n);
  let size = 0;
  let i = yes.length - 1;
  let j = no.length - 1;
  for (; i >= 0 || j >= 0; size++) {
    const top = Math.max(i < 0 ? -Infinity : yes[i]!, j < 0 ? -Infinity : no[j]!);
    for (; i >= 0 && yes[i] === top; i--) positives[size]!++;
    for (; j >= 0 && no[j] === top; j--) negatives[size]!++;
  }
  return { positives, negatives, size, positive, negative: n - positive };
}

function sortedScores(
  truth: ArrayLike<number>,
  score: ArrayLike<number>,
  wanted: { label: 0 | 1; count: number },
): Float64Array {
  const scores = new Float64Array(wanted.count);
  let next = 0;
  for (let i = 0; i < truth.length; i++) if (truth[i] === wanted.label) scores[next++] = score[i]!;
  return scores.sort();
}
