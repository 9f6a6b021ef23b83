import { applyIsotonic, fitIsotonic, type Isotonic } from "../calibration/isotonic.ts";
import { countBinary } from "../metrics/confusion.ts";
import { requireSameLength } from "../metrics/measure.ts";
import { countClasses, multiclassMeasures, oneVersusRest } from "../metrics/multiclass.ts";
import { expectedAveragePrecision, expectedConfusion, expectedRocAuc } from "./expected.ts";
import { needsCalibration } from "./needs-calibration.ts";
import {
  averagePrecisionComponents,
  errorOf,
  rocAucComponents,
  shareComponents,
  type ErrorComponents,
} from "./sampling-error.ts";
import { deviationThreshold, isOutside, type Chunk, type Threshold } from "./threshold.ts";
import type { CbpeEstimate } from "./cbpe.ts";

export const MULTICLASS_CBPE_METRICS = [
  "roc_auc",
  "f1",
  "precision",
  "recall",
  "specificity",
  "accuracy",
  "average_precision",
  "business_value",
] as const;
type MulticlassCbpeMetric = (typeof MULTICLASS_CBPE_METRICS)[number];

export interface MulticlassRows {
  /** k columns of n scores. */
  readonly scores: readonly ArrayLike<number>[];
  /** n class numbers below k. */
  readonly predicted: ArrayLike<number>;
}

export interface MulticlassReference extends MulticlassRows {
  /** n class numbers below k; every class occurs. */
  readonly truth: ArrayLike<number>;
  readonly chunks: readonly Chunk[];
}

/** Plain JSON. */
export interface MulticlassCbpeModel {
  readonly format: 1;
  /** One a class; null where the class's scores are probabilities already. */
  readonly calibrations: readonly (Isotonic | null)[];
  /** k x k, `worth[truth][predicted]`. */
  readonly worth: readonly (readonly number[])[] | null;
  /** Per metric the components of its classes; one for the accuracy and the value. */
  readonly errors: Readonly<Record<MulticlassCbpeMetric, readonly ErrorComponents[]>>;
  readonly thresholds: Readonly<Record<MulticlassCbpeMetric, Threshold>>;
}

export interface MulticlassEstimate {
  readonly metrics: Readonly<Record<MulticlassCbpeMetric, CbpeEstimate>>;
  /** Expected counts by [truth][predicted]. */
  readonly confusion: readonly (readonly number[])[];
}

type Figures = Record<MulticlassCbpeMetric, number | null>;

/**
 * CBPE of k classes as NannyML 0.13.1: each class against the rest is calibrated by itself, rows are scaled to sum 1, and
 * figures are plain means over the classes. See fitCbpe for what it assumes.
 */
export function fitMulticlassCbpe(
  reference: MulticlassReference,
  worth: readonly (readonly number[])[] | null = null,
): MulticlassCbpeModel {
  const { truth, scores, predicted, chunks } = reference;
  requireSameLength(truth, predicted, ...scores);
  const is = scores.map((_, c) => indicator(truth, c));
  const calibrations = scores.map((score, c) => (needsCalibration(is[c]!, score) ? fitIsotonic(score, is[c]!) : null));
  const chunked = chunks.map((chunk) => realised(reference, chunk, worth));
  const shares = scores.map((_, c) => shareComponents(countBinary(is[c]!, indicator(predicted, c))));
  const errors = perMetric((metric): readonly ErrorComponents[] => {
    if (metric === "roc_auc") return scores.map((score, c) => rocAucComponents(is[c]!, score));
    if (metric === "average_precision") return scores.map((score, c) => averagePrecisionComponents(is[c]!, score));
    if (metric === "accuracy") return [{ deviation: accuracyDeviation(truth, predicted), fraction: 1 }];
    if (metric === "business_value") return [{ deviation: worthDeviation(reference, worth), fraction: 1 }];
    return shares.map((share) => share[metric]);
  });
  const thresholds = perMetric((metric) => {
    const limits = metric === "business_value" ? {} : { least: 0, most: 1 };
    return deviationThreshold(
      chunked.map((figures) => figures[metric]),
      limits,
    );
  });
  return { format: 1, calibrations, worth, errors, thresholds };
}

export function estimateMulticlassCbpe(model: MulticlassCbpeModel, rows: MulticlassRows): MulticlassEstimate {
  const { scores, predicted } = rows;
  const n = requireSameLength(predicted, ...scores);
  const probabilities = calibrateClasses(model.calibrations, scores);
  const confusion = expectedTable(probabilities, predicted);
  const figures = expectedFigures({ scores, predicted }, probabilities);
  const metrics = perMetric((metric): CbpeEstimate => {
    const value = metric === "business_value" ? worthOf(confusion, model.worth) : figures[metric];
    const standardError = combinedError(metric, model.errors[metric], n);
    const isValue = metric === "business_value";
    return {
      value,
      standardError,
      band:
        value === null || standardError === null
          ? null
          : [
              Math.max(isValue ? -Infinity : 0, value - 3 * standardError),
              Math.min(isValue ? Infinity : 1, value + 3 * standardError),
            ],
      ...model.thresholds[metric],
      alert: isOutside(value, model.thresholds[metric]),
    };
  });
  return { metrics, confusion };
}

/** Calibrates each class and scales rows to sum 1 (equal shares where all are 0). k columns of n. */
export function calibrateClasses(
  calibrations: readonly (Isotonic | null)[],
  scores: readonly ArrayLike<number>[],
): Float64Array[] {
  const columns = scores.map((score, c) => {
    const line = calibrations[c] ?? null;
    return line === null ? Float64Array.from(score) : applyIsotonic(line, score);
  });
  const n = columns[0]?.length ?? 0;
  for (let i = 0; i < n; i++) {
    let total = 0;
    for (const column of columns) total += column[i]!;
    for (const column of columns) column[i] = total === 0 ? 1 / columns.length : column[i]! / total;
  }
  return columns;
}

/** Sums of probabilities by [truth][predicted]. */
export function expectedTable(probabilities: readonly Float64Array[], predicted: ArrayLike<number>): number[][] {
  const table = probabilities.map(() => probabilities.map(() => 0));
  for (const [c, column] of probabilities.entries()) {
    const row = table[c]!;
    for (let i = 0; i < column.length; i++) row[predicted[i]!]! += column[i]!;
  }
  return table;
}

function perMetric<T>(make: (metric: MulticlassCbpeMetric) => T): Record<MulticlassCbpeMetric, T> {
  return Object.fromEntries(MULTICLASS_CBPE_METRICS.map((metric) => [metric, make(metric)])) as Record<
    MulticlassCbpeMetric,
    T
  >;
}

function indicator(classes: ArrayLike<number>, c: number): Uint8Array {
  const is = new Uint8Array(classes.length);
  for (let i = 0; i < is.length; i++) is[i] = Number(classes[i] === c);
  return is;
}

/** Means over the classes; a share of nothing counts as 0, as in NannyML. */
function expectedFigures(rows: MulticlassRows, probabilities: readonly Float64Array[]): Figures {
  const k = probabilities.length;
  const sums = { roc_auc: 0, f1: 0, precision: 0, recall: 0, specificity: 0, average_precision: 0 };
  let hits = 0;
  for (const [c, probability] of probabilities.entries()) {
    const { tp, fp, fn, tn } = expectedConfusion(probability, indicator(rows.predicted, c));
    const share = (of: number, all: number) => (all === 0 ? 0 : of / all);
    sums.f1 += share(2 * tp, 2 * tp + fp + fn) / k;
    sums.precision += share(tp, tp + fp) / k;
    sums.recall += share(tp, tp + fn) / k;
    sums.specificity += share(tn, tn + fp) / k;
    sums.roc_auc += (expectedRocAuc(probability, rows.scores[c]!).value ?? Number.NaN) / k;
    sums.average_precision += (expectedAveragePrecision(probability, rows.scores[c]!).value ?? Number.NaN) / k;
    hits += tp;
  }
  const known = (value: number) => (Number.isNaN(value) ? null : value);
  return {
    ...sums,
    roc_auc: known(sums.roc_auc),
    average_precision: known(sums.average_precision),
    accuracy: known(hits / rows.predicted.length),
    business_value: null,
  };
}

function realised(reference: MulticlassReference, { start, end }: Chunk, worth: MulticlassCbpeModel["worth"]): Figures {
  const rows = Array.from({ length: end - start }, (_, i) => start + i);
  const pick = (from: ArrayLike<number>) => rows.map((row) => from[row]!);
  const [truth, predicted] = [pick(reference.truth), pick(reference.predicted)];
  const scores = reference.scores.map(pick);
  const counts = countClasses(scores.length, truth, predicted);
  const { accuracy, classes } = multiclassMeasures(counts);
  const isOneSided = new Set(truth).size < 2 || new Set(predicted).size < 2;
  const mean = (name: "f1" | "precision" | "recall" | "specificity") =>
    isOneSided ? null : classes.reduce((sum, measures) => sum + (measures[name].value ?? 0), 0) / classes.length;
  const auc = oneVersusRest("roc_auc", truth, scores);
  return {
    roc_auc: auc.classes.some(({ value }) => value === null) ? null : auc.macro,
    f1: mean("f1"),
    precision: mean("precision"),
    recall: mean("recall"),
    specificity: mean("specificity"),
    accuracy: isOneSided ? null : accuracy.value,
    average_precision: oneVersusRest("average_precision", truth, scores).macro,
    business_value: worthOf(counts, worth),
  };
}

function worthOf(counts: readonly (readonly number[])[], worth: MulticlassCbpeModel["worth"]): number | null {
  if (worth === null) return null;
  return counts.reduce((sum, row, t) => sum + row.reduce((s, count, p) => s + count * worth[t]![p]!, 0), 0);
}

/** The root of the mean of squares of independent classes; 1.2 times that for the AUC, as NannyML has it. */
function combinedError(metric: MulticlassCbpeMetric, components: readonly ErrorComponents[], n: number): number | null {
  let variance = 0;
  for (const component of components) {
    const error = errorOf(component, n);
    if (error === null) return null;
    variance += error ** 2;
  }
  const combined = Math.sqrt(variance) / components.length;
  if (metric === "business_value") return combined * n;
  return metric === "roc_auc" ? combined * 1.2 : combined;
}

function accuracyDeviation(truth: ArrayLike<number>, predicted: ArrayLike<number>): number | null {
  const n = truth.length;
  let hits = 0;
  for (let i = 0; i < n; i++) hits += Number(truth[i] === predicted[i]);
  return n === 0 ? null : Math.sqrt((hits / n) * (1 - hits / n));
}

function worthDeviation({ truth, predicted }: MulticlassReference, worth: MulticlassCbpeModel["worth"]): number | null {
  const n = truth.length;
  if (worth === null || n < 2) return null;
  const values = Float64Array.from({ length: n }, (_, i) => worth[truth[i]!]![predicted[i]!]!);
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1));
}
