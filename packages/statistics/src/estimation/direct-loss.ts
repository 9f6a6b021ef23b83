import { fitBoosting, predictBoosting, type BoostingModel, type BoostingOptions } from "../boosting/boosting.ts";
import type { FeatureColumn } from "../boosting/features.ts";
import { requireSameLength, spread } from "../metrics/measure.ts";
import type { CbpeEstimate } from "./cbpe.ts";
import { deviationThreshold, isOutside, type Chunk, type Threshold } from "./threshold.ts";

/** The metrics of direct loss estimation, by NannyML's names. */
export const DIRECT_LOSS_METRICS = ["mae", "mape", "mse", "rmse", "msle", "rmsle"] as const;
export type DirectLossMetric = (typeof DIRECT_LOSS_METRICS)[number];

/** The losses of a row; a root is of their mean. */
type RowLoss = "absolute" | "relative" | "square" | "logarithmic";

const rowLoss: Record<DirectLossMetric, RowLoss> = {
  mae: "absolute",
  mape: "relative",
  mse: "square",
  rmse: "square",
  msle: "logarithmic",
  rmsle: "logarithmic",
};

export interface DirectLossRows {
  /** f columns of n rows. */
  readonly columns: readonly FeatureColumn[];
  /** n numbers that the model answered. */
  readonly predicted: ArrayLike<number>;
}

export interface DirectLossReference extends DirectLossRows {
  /** n finite numbers. */
  readonly truth: ArrayLike<number>;
  /** The stretches whose realised figures give the thresholds. */
  readonly chunks: readonly Chunk[];
}

/** Plain JSON. */
export interface DirectLossModel {
  readonly format: 1;
  readonly losses: Readonly<
    Partial<Record<RowLoss, { readonly model: BoostingModel; readonly deviation: number; readonly mean: number }>>
  >;
  readonly thresholds: Readonly<Partial<Record<DirectLossMetric, Threshold>>>;
}

/**
 * Direct loss estimation of a regression, as NannyML 0.13.1 with a learner of our own: a model of a row's loss from its
 * features and its prediction; the mean of what it says is the estimate. It assumes that where the errors are large has
 * not changed. @param metrics a logarithm needs truths and predictions above -1.
 */
export function fitDirectLoss(
  reference: DirectLossReference,
  metrics: readonly DirectLossMetric[] = ["mae", "rmse"],
  boosting: Omit<BoostingOptions, "loss" | "weight"> = {},
): DirectLossModel {
  const { columns, predicted, truth, chunks } = reference;
  const n = requireSameLength(predicted, truth);
  const losses: Partial<Record<RowLoss, { model: BoostingModel; deviation: number; mean: number }>> = {};
  const thresholds: Partial<Record<DirectLossMetric, Threshold>> = {};
  for (const metric of metrics) {
    const kind = rowLoss[metric];
    const rows = Float64Array.from({ length: n }, (_, i) => lossOf(kind, truth[i]!, predicted[i]!));
    losses[kind] ??= learn(rows, [...columns, { kind: "number", values: predicted }], boosting);
    const chunked = chunks.map(({ start, end }) => rooted(metric, spread(rows.subarray(start, end)).mean));
    thresholds[metric] = deviationThreshold(chunked, { least: 0 });
  }
  return { format: 1, losses, thresholds };
}

/** What each metric that was fitted is expected to be for these rows. */
export function estimateDirectLoss(
  { losses, thresholds }: DirectLossModel,
  { columns, predicted }: DirectLossRows,
): Partial<Record<DirectLossMetric, CbpeEstimate>> {
  const inputs = [...columns, { kind: "number", values: predicted } as const];
  const n = predicted.length;
  const means: Partial<Record<RowLoss, number>> = {};
  const result: Partial<Record<DirectLossMetric, CbpeEstimate>> = {};
  for (const metric of DIRECT_LOSS_METRICS) {
    const [loss, threshold] = [losses[rowLoss[metric]], thresholds[metric]];
    if (loss === undefined || threshold === undefined || n === 0) continue;
    means[rowLoss[metric]] ??= spread(predictBoosting(loss.model, inputs).map((value) => Math.max(0, value))).mean;
    const value = rooted(metric, means[rowLoss[metric]]!);
    const ofMean = loss.deviation / Math.sqrt(n);
    const standardError = metric.startsWith("r") ? ofMean / (2 * Math.sqrt(loss.mean)) : ofMean;
    const band = [Math.max(0, value - 3 * standardError), value + 3 * standardError] as const;
    result[metric] = { value, standardError, band, ...threshold, alert: isOutside(value, threshold) };
  }
  return result;
}

function learn(
  rows: Float64Array,
  columns: readonly FeatureColumn[],
  boosting: Omit<BoostingOptions, "loss" | "weight">,
): { model: BoostingModel; deviation: number; mean: number } {
  const { n, mean, squares } = spread(rows);
  const model = fitBoosting(columns, rows, { ...boosting, loss: "squared" });
  return { model, deviation: Math.sqrt(squares / n), mean };
}

function rooted(metric: DirectLossMetric, mean: number): number {
  return metric.startsWith("r") ? Math.sqrt(mean) : mean;
}

function lossOf(kind: RowLoss, truth: number, predicted: number): number {
  if (kind === "absolute") return Math.abs(predicted - truth);
  if (kind === "relative") return Math.abs(predicted - truth) / Math.max(Math.abs(truth), Number.EPSILON);
  if (kind === "square") return (predicted - truth) ** 2;
  if (truth <= -1 || predicted <= -1) throw new RangeError("The logarithm needs truths and predictions above -1.");
  return (Math.log1p(predicted) - Math.log1p(truth)) ** 2;
}
