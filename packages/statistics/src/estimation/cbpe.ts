import { applyIsotonic, fitIsotonic, type Isotonic } from "../calibration/isotonic.ts";
import { confusionMeasures, countBinary, type BinaryConfusion } from "../metrics/confusion.ts";
import { requireSameLength } from "../metrics/measure.ts";
import { averagePrecision, rocAuc } from "../metrics/ranking.ts";
import { expectedAveragePrecision, expectedConfusion, expectedRocAuc } from "./expected.ts";
import { needsCalibration } from "./needs-calibration.ts";
import {
  averagePrecisionComponents,
  correctedF1,
  errorOf,
  rocAucComponents,
  shareComponents,
  type ErrorComponents,
} from "./sampling-error.ts";
import { deviationThreshold, isOutside, type Chunk, type Threshold } from "./threshold.ts";

/** The metrics of CBPE, by NannyML's names. `business_value` is there when a table of values is. */
export const CBPE_METRICS = [
  "roc_auc",
  "f1",
  "precision",
  "recall",
  "specificity",
  "accuracy",
  "average_precision",
  "true_positive",
  "true_negative",
  "false_positive",
  "false_negative",
  "business_value",
] as const;
export type CbpeMetric = (typeof CBPE_METRICS)[number];

/** `worth[truth][predicted]`, classes 0 and 1. */
export type Worth = readonly (readonly [number, number])[];

export interface CbpeReference {
  /** n classes 0 or 1. */
  readonly truth: ArrayLike<number>;
  /** n scores of class 1. */
  readonly score: ArrayLike<number>;
  /** n classes 0 or 1. */
  readonly predicted: ArrayLike<number>;
  /** The stretches whose realised figures give the thresholds. */
  readonly chunks: readonly Chunk[];
}

export interface CbpeOptions {
  readonly worth?: Worth | null;
  /** Business value per prediction of a class (NannyML's `per_prediction`) instead of its sum. Default false. */
  readonly worthPerPrediction?: boolean;
}

/** Fitted on a reference with labels; plain JSON. */
export interface CbpeModel {
  readonly format: 1;
  /** Null: the scores are probabilities already. */
  readonly calibration: Isotonic | null;
  readonly worth: Worth | null;
  readonly worthPerPrediction: boolean;
  readonly errors: Readonly<Record<CbpeMetric, ErrorComponents>>;
  readonly thresholds: Readonly<Record<CbpeMetric, Threshold>>;
}

export interface CbpeEstimate extends Threshold {
  /** The estimate; 0 for a share of nothing, as NannyML has it, and null for an AUC without two classes. */
  readonly value: number | null;
  readonly standardError: number | null;
  /** Estimate -+ 3 standard errors, within what is possible. */
  readonly band: readonly [number, number] | null;
  /** The estimate is outside of the thresholds. */
  readonly alert: boolean;
}

type Figures = Record<CbpeMetric, number | null>;

const isShare = (metric: CbpeMetric) =>
  metric !== "business_value" && !metric.startsWith("true_") && !metric.startsWith("false_");

/**
 * Confidence-based performance estimation of a binary classifier, as NannyML 0.13.1 does it: isotonic calibration where it
 * helps, thresholds mean -+ 3 deviations of the realised figures of the reference's chunks, standard errors of the
 * reference. It assumes that what a score means has not changed (no concept drift) and that the rows look like some of the
 * reference.
 */
export function fitCbpe(reference: CbpeReference, options: CbpeOptions = {}): CbpeModel {
  const { truth, score, predicted, chunks } = reference;
  requireSameLength(truth, score, predicted);
  const { worth = null, worthPerPrediction = false } = options;
  const chunked = chunks.map((chunk) => realised(reference, chunk, { worth, worthPerPrediction }));
  const calibration = needsCalibration(truth, score) ? fitIsotonic(score, truth) : null;
  const perMetric = <T>(make: (metric: CbpeMetric) => T) =>
    Object.fromEntries(CBPE_METRICS.map((metric) => [metric, make(metric)])) as Record<CbpeMetric, T>;
  const thresholds = perMetric((metric) =>
    deviationThreshold(
      chunked.map((figures) => figures[metric]),
      { least: metric === "business_value" ? null : 0, most: isShare(metric) ? 1 : null },
    ),
  );
  const components = referenceErrors(reference, worth);
  return { format: 1, calibration, worth, worthPerPrediction, errors: components, thresholds };
}

/** What the figures of these rows are expected to be. @param score n scores. @param predicted n classes 0 or 1. */
export function estimateCbpe(
  model: CbpeModel,
  rows: { readonly score: ArrayLike<number>; readonly predicted: ArrayLike<number> },
): Record<CbpeMetric, CbpeEstimate> {
  const { score, predicted } = rows;
  const n = requireSameLength(score, predicted);
  const probability = model.calibration === null ? score : applyIsotonic(model.calibration, score);
  const confusion = expectedConfusion(probability, predicted);
  const figures: Figures = {
    ...confusionFigures(confusion, model),
    roc_auc: expectedRocAuc(probability, score).value,
    average_precision: expectedAveragePrecision(probability, score).value,
  };
  const estimate = (metric: CbpeMetric): CbpeEstimate => {
    const value = figures[metric] ?? (metric === "roc_auc" || metric === "average_precision" ? null : 0);
    const standardError = scaledError(model, metric, n);
    const threshold = model.thresholds[metric];
    return {
      value,
      standardError,
      band: value === null || standardError === null ? null : bandOf(metric, value, standardError),
      ...threshold,
      alert: isOutside(value, threshold),
    };
  };
  return Object.fromEntries(CBPE_METRICS.map((metric) => [metric, estimate(metric)])) as Record<
    CbpeMetric,
    CbpeEstimate
  >;
}

function bandOf(metric: CbpeMetric, value: number, standardError: number): readonly [number, number] {
  const least = metric === "business_value" ? -Infinity : 0;
  const most = isShare(metric) ? 1 : Infinity;
  return [Math.max(least, value - 3 * standardError), Math.min(most, value + 3 * standardError)];
}

/** Sums grow with the rows, shares do not. */
function scaledError(model: CbpeModel, metric: CbpeMetric, n: number): number | null {
  const error = errorOf(model.errors[metric], n);
  if (error === null || isShare(metric)) return error;
  return metric === "business_value" && model.worthPerPrediction ? error : error * n;
}

/** The figures that labels give for one chunk; null where NannyML has none. */
function realised(
  { truth, score, predicted }: CbpeReference,
  { start, end }: Chunk,
  value: Pick<CbpeModel, "worth" | "worthPerPrediction">,
): Figures {
  const rows = Array.from({ length: end - start }, (_, i) => start + i);
  const pick = (from: ArrayLike<number>) => rows.map((row) => from[row]!);
  const [label, rank, answer] = [pick(truth), pick(score), pick(predicted)];
  const confusion = countBinary(label, answer);
  const figures = confusionFigures(confusion, value);
  const { tp, fp, fn, tn } = confusion;
  const isOneSided = tp + fn === 0 || tn + fp === 0 || tp + fp === 0 || tn + fn === 0;
  const { f1, precision, recall } = isOneSided ? { f1: null, precision: null, recall: null } : figures;
  return {
    ...figures,
    f1,
    precision,
    recall,
    roc_auc: rocAuc(label, rank).value,
    average_precision: averagePrecision(label, rank).value,
  };
}

function confusionFigures(
  confusion: BinaryConfusion,
  { worth, worthPerPrediction }: Pick<CbpeModel, "worth" | "worthPerPrediction">,
): Figures {
  const { accuracy, precision, recall, specificity, f1 } = confusionMeasures(confusion);
  return {
    roc_auc: null,
    average_precision: null,
    accuracy: accuracy.value,
    precision: precision.value,
    recall: recall.value,
    specificity: specificity.value,
    f1: f1.value,
    true_positive: confusion.tp,
    true_negative: confusion.tn,
    false_positive: confusion.fp,
    false_negative: confusion.fn,
    business_value: worth === null ? null : worthOf(confusion, worth, worthPerPrediction),
  };
}

function worthOf({ tp, fp, fn, tn }: BinaryConfusion, worth: Worth, perPrediction: boolean): number {
  const [[ofTn, ofFp], [ofFn, ofTp]] = worth as readonly [readonly [number, number], readonly [number, number]];
  const no = perPrediction ? tn + fn : 1;
  const yes = perPrediction ? tp + fp : 1;
  const ofNo = no === 0 ? 0 : (ofTn * tn + ofFn * fn) / no;
  return ofNo + (yes === 0 ? 0 : (ofTp * tp + ofFp * fp) / yes);
}

function referenceErrors(reference: CbpeReference, worth: Worth | null): Record<CbpeMetric, ErrorComponents> {
  const { truth, score, predicted } = reference;
  const confusion = countBinary(truth, predicted);
  const { tp, fp, fn, tn } = confusion;
  const n = tp + fp + fn + tn;
  const count = (rows: number) => ({ deviation: n === 0 ? null : Math.sqrt((rows / n) * (1 - rows / n)), fraction: 1 });
  const shares = shareComponents(confusion);
  return {
    ...shares,
    f1: correctedF1(confusion, shares.f1),
    roc_auc: rocAucComponents(truth, score),
    average_precision: averagePrecisionComponents(truth, score),
    true_positive: count(tp),
    true_negative: count(tn),
    false_positive: count(fp),
    false_negative: count(fn),
    business_value: { deviation: worth === null || n === 0 ? null : worthDeviation(confusion, worth), fraction: 1 },
  };
}

function worthDeviation({ tp, fp, fn, tn }: BinaryConfusion, worth: Worth): number {
  const cells = [tn, fp, fn, tp];
  const values = worth.flat();
  const n = tn + fp + fn + tp;
  const mean = cells.reduce((sum, count, i) => sum + count * values[i]!, 0) / n;
  return Math.sqrt(cells.reduce((sum, count, i) => sum + count * (values[i]! - mean) ** 2, 0) / n);
}
