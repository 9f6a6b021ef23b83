import { confusionMeasures, type BinaryConfusion, type ConfusionMeasures } from "../metrics/confusion.ts";
import { requireSameLength, UNDEFINED, type Measure } from "../metrics/measure.ts";
import { orderOf } from "../metrics/order.ts";
import { requireProbability } from "../metrics/probability.ts";

export interface ExpectedMeasures extends ConfusionMeasures {
  readonly rocAuc: Measure;
  readonly averagePrecision: Measure;
  /** Of the raw score, where it is a probability; null where one is outside of [0, 1]. */
  readonly brier: Measure;
  readonly logLoss: Measure;
}

export interface ExpectedInput {
  /** n calibrated probabilities of class 1. */
  readonly probability: ArrayLike<number>;
  /** n raw scores of the model: they rank the rows. */
  readonly score: ArrayLike<number>;
  /** n classes 0 or 1 that the model answered. */
  readonly predicted: ArrayLike<number>;
}

/**
 * What the figures of a binary classifier are expected to be when each row is positive with its calibrated probability:
 * the formulas of NannyML's CBPE (monitoring without labels). The standard errors are those that the realised figure
 * would have in a sample of this size; they know nothing of a calibration that no longer holds.
 */
export function expectedMeasures({ probability, score, predicted }: ExpectedInput): ExpectedMeasures {
  requireSameLength(probability, score, predicted);
  return {
    ...confusionMeasures(expectedConfusion(probability, predicted)),
    rocAuc: expectedRocAuc(probability, score),
    averagePrecision: expectedAveragePrecision(probability, score),
    brier: expectedLoss(probability, score, (s, label) => (s - label) ** 2),
    logLoss: expectedLoss(probability, score, (s, label) => {
      const p = Math.min(Math.max(s, Number.EPSILON), 1 - Number.EPSILON);
      return label === 1 ? -Math.log(p) : -Math.log1p(-p);
    }),
  };
}

/** Sums of probabilities: what the four counts are expected to be. */
export function expectedConfusion(probability: ArrayLike<number>, predicted: ArrayLike<number>): BinaryConfusion {
  const n = requireSameLength(probability, predicted);
  const sums = { tp: 0, fp: 0, fn: 0, tn: 0 };
  for (let i = 0; i < n; i++) {
    const p = requireProbability(probability[i]!);
    if (predicted[i] === 1) {
      sums.tp += p;
      sums.fp += 1 - p;
    } else if (predicted[i] === 0) {
      sums.fn += p;
      sums.tn += 1 - p;
    } else throw new RangeError(`A binary class is 0 or 1, not ${predicted[i]}.`);
  }
  return sums;
}

/**
 * Expected area under the ROC curve: rows by falling raw score, running sums of p as true and of 1 - p as false positives
 * (rounded to 5 decimals, as NannyML does), trapezoids. Standard error as DeLong's with the probabilities as weights.
 */
export function expectedRocAuc(probability: ArrayLike<number>, score: ArrayLike<number>): Measure {
  const n = requireSameLength(probability, score);
  const order = orderOf(score);
  const { tps, fps } = runningSums(probability, order);
  const [positive, negative] = [tps[n]!, fps[n]!];
  if (n === 0 || positive === 0 || negative === 0) return UNDEFINED;
  let area = 0;
  for (let i = 0; i < n; i++) area += ((fps[i + 1]! - fps[i]!) * (tps[i + 1]! + tps[i]!)) / 2;
  const value = area / positive / negative;
  let ofPositives = 0;
  let ofNegatives = 0;
  for (let i = 0; i < n; i++) {
    const p = probability[order[n - 1 - i]!]!;
    const won = 1 - (fps[i]! + fps[i + 1]!) / 2 / negative;
    const lost = (tps[i]! + tps[i + 1]!) / 2 / positive;
    ofPositives += p * (won - value) ** 2;
    ofNegatives += (1 - p) * (lost - value) ** 2;
  }
  return { value, standardError: Math.sqrt(ofPositives / positive ** 2 + ofNegatives / negative ** 2) };
}

/** Expected average precision, the steps as NannyML's; standard error by the infinitesimal jackknife. */
export function expectedAveragePrecision(probability: ArrayLike<number>, score: ArrayLike<number>): Measure {
  const n = requireSameLength(probability, score);
  const order = orderOf(score);
  const { tps, fps } = runningSums(probability, order);
  const positive = tps[n]!;
  if (n === 0 || positive === 0) return UNDEFINED;
  let value = 0;
  for (let i = 1; i <= n; i++) value += ((tps[i]! - tps[i - 1]!) / positive) * (tps[i]! / i);
  let gained = 0;
  let lost = 0;
  let variance = 0;
  for (let i = n; i >= 1; i--) {
    const p = tps[i]! - tps[i - 1]!;
    gained += (p * fps[i]!) / i ** 2;
    lost += (p * tps[i]!) / i ** 2;
    const ofPositive = (tps[i]! / i - value + gained) / positive;
    variance += p * ofPositive ** 2 + (1 - p) * (lost / positive) ** 2;
  }
  return { value, standardError: Math.sqrt(Math.max(0, variance)) };
}

function runningSums(probability: ArrayLike<number>, ascending: Uint32Array): { tps: Float64Array; fps: Float64Array } {
  const n = ascending.length;
  const tps = new Float64Array(n + 1);
  const fps = new Float64Array(n + 1);
  let sum = 0;
  for (let i = 1; i <= n; i++) {
    sum += requireProbability(probability[ascending[n - i]!]!);
    tps[i] = toFiveDecimals(sum);
    fps[i] = toFiveDecimals(i - sum);
  }
  return { tps, fps };
}

function toFiveDecimals(value: number): number {
  const scaled = value * 1e5;
  const floor = Math.floor(scaled);
  const rest = scaled - floor;
  if (rest === 0.5) return (floor % 2 === 0 ? floor : floor + 1) / 1e5;
  return (rest < 0.5 ? floor : floor + 1) / 1e5;
}

/** Mean of a loss whose label is drawn; its variance is that between rows and that of the draws. */
function expectedLoss(
  probability: ArrayLike<number>,
  score: ArrayLike<number>,
  loss: (score: number, label: 0 | 1) => number,
): Measure {
  const n = probability.length;
  if (n === 0) return UNDEFINED;
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < n; i++) {
    const s = score[i]!;
    if (!(s >= 0 && s <= 1)) return UNDEFINED;
    const p = probability[i]!;
    const [yes, no] = [loss(s, 1), loss(s, 0)];
    sum += p * yes + (1 - p) * no;
    squares += p * yes * yes + (1 - p) * no * no;
  }
  const value = sum / n;
  return { value, standardError: n < 2 ? null : Math.sqrt(Math.max(0, squares / n - value ** 2) / (n - 1)) };
}
