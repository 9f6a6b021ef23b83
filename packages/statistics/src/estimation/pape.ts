import { fitBoosting, predictBoosting, type BoostingOptions } from "../boosting/boosting.ts";
import { lengthOf, type FeatureColumn } from "../boosting/features.ts";
import { applyIsotonic, fitIsotonic } from "../calibration/isotonic.ts";
import { requireSameLength } from "../metrics/measure.ts";
import { joinColumns } from "../multivariate/domain-classifier.ts";
import { expectedMeasures, type ExpectedMeasures } from "./expected.ts";

export interface PapeReference {
  /** f columns of n rows. */
  readonly columns: readonly FeatureColumn[];
  /** n classes 0 or 1. */
  readonly truth: ArrayLike<number>;
  /** n scores of class 1. */
  readonly score: ArrayLike<number>;
}

export interface PapeWindow {
  readonly columns: readonly FeatureColumn[];
  readonly score: ArrayLike<number>;
  /** n classes 0 or 1 that the model answered. */
  readonly predicted: ArrayLike<number>;
}

export interface PapeOptions {
  /** Of the model that tells the window from the reference; few trees and large leaves keep the weights calm. */
  readonly boosting?: Omit<BoostingOptions, "loss" | "weight">;
  /** No row of the reference weighs more than this many times the mean. Default 20. */
  readonly mostWeight?: number;
}

export interface PapeEstimate {
  readonly expected: ExpectedMeasures;
  /** Kish's effective number of rows of the reference, (sum w)^2 / sum w^2: when it is small the estimate stands on few rows. */
  readonly effectiveRows: number;
}

/**
 * What the figures of a window are expected to be when its rows are distributed otherwise than the reference: the score is
 * calibrated anew for each window on reference rows that are weighted by how much more often such rows occur in it (PAPE:
 * Bialek, Kivimaki, Kuberski and Perrakis, "Estimating model performance under covariate shift without labels",
 * arXiv 2401.08348). The weights are the odds of a domain classifier. Like CBPE it cannot see that the same row has
 * another truth than before.
 */
export function estimatePape(reference: PapeReference, window: PapeWindow, options: PapeOptions = {}): PapeEstimate {
  const { truth, score } = reference;
  requireSameLength(truth, score);
  const weight = windowWeights(reference.columns, window.columns, options);
  const line = fitIsotonic(score, truth, weight);
  const probability = applyIsotonic(line, window.score);
  let sum = 0;
  let squares = 0;
  for (const w of weight) {
    sum += w;
    squares += w * w;
  }
  const expected = expectedMeasures({ probability, score: window.score, predicted: window.predicted });
  return { expected, effectiveRows: (sum * sum) / squares };
}

/** p(window) / p(reference) of each row of the reference, mean 1. */
function windowWeights(
  reference: readonly FeatureColumn[],
  window: readonly FeatureColumn[],
  { boosting = { trees: 30, maxLeaves: 8, minRows: 100, maxBins: 63 }, mostWeight = 20 }: PapeOptions,
): Float64Array {
  const before = reference[0] === undefined ? 0 : lengthOf(reference[0]);
  const after = window[0] === undefined ? 0 : lengthOf(window[0]);
  if (before === 0 || after === 0) throw new RangeError("An estimate needs rows of the reference and of the window.");
  const target = new Uint8Array(before + after).fill(1, before);
  const model = fitBoosting(joinColumns(reference, window), target, { ...boosting, loss: "logistic" });
  const odds = predictBoosting(model, reference).map((p) => p / (1 - p));
  const mean = odds.reduce((sum, value) => sum + value, 0) / before;
  return odds.map((value) => Math.min(mostWeight, value / mean));
}
