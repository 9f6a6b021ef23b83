import { applyIsotonic, expectedMeasures, multiclassMeasures, expectedRocAuc } from "@slipway/statistics";
import type { Estimator } from "./estimator.ts";
import { predictLoss } from "./loss.ts";
import { toWorth } from "./measure.ts";
import type { Measured } from "./performance-window.ts";
import type { CostTable } from "./problem.ts";
import { takeRows, type Column, type ScoredRows } from "./scored-rows.ts";

/**
 * What the metrics of these rows are, labels aside: with calibrated probabilities a row counts as so much of each class
 * (CBPE). It assumes that a score means what it meant on the reference. Of a regression see `loss.ts`.
 */
export function estimate(estimator: Estimator, rows: ScoredRows, cost: CostTable | null): Record<string, Measured> {
  const { problem, calibration } = estimator;
  if (calibration === null || rows.scores.length !== problem.classes.length) return {};
  const usable = takeRows(
    rows,
    (i) => !Number.isNaN(rows.prediction[i]!) && rows.scores.every((column) => Number.isFinite(column[i])),
  );
  if (usable.n === 0) return {};
  const values =
    problem.kind === "binary"
      ? estimateBinary(estimator, usable, cost)
      : estimateClasses({ estimator, rows: usable, cost });
  return toEstimates(estimator, values, usable.n);
}

/** With the standard error that the reference gives for so many rows. */
export function toEstimates(
  { metrics }: Pick<Estimator, "metrics">,
  values: Readonly<Record<string, number | null>>,
  rows: number,
): Record<string, Measured> {
  const found: Record<string, Measured> = {};
  for (const [name, value] of Object.entries(values)) {
    const known = metrics[name];
    if (value === null || known === undefined || !Number.isFinite(value)) continue;
    found[name] = { value, standardError: known.unitError / Math.sqrt(rows), rows };
  }
  return found;
}

function estimateBinary(
  { problem, calibration }: Estimator,
  rows: ScoredRows,
  cost: CostTable | null,
): Record<string, number | null> {
  const score = rows.scores[1]!;
  const line = calibration?.[1] ?? null;
  const probability = line === null ? score : applyIsotonic(line, score);
  if (!probability.every((p) => p >= 0 && p <= 1)) return {};
  const expected = expectedMeasures({ probability, score, predicted: rows.prediction });
  return {
    roc_auc: expected.rocAuc.value,
    average_precision: expected.averagePrecision.value,
    accuracy: expected.accuracy.value,
    precision: expected.precision.value,
    recall: expected.recall.value,
    specificity: expected.specificity.value,
    f1: expected.f1.value,
    mcc: expected.mcc.value,
    log_loss: expected.logLoss.value,
    brier: expected.brier.value,
    value: expectedWorth(toWorth(problem, cost), [probability.map((p) => 1 - p), probability], rows.prediction),
  };
}

interface Estimating {
  readonly estimator: Estimator;
  readonly rows: ScoredRows;
  readonly cost: CostTable | null;
}

function estimateClasses({ estimator, rows, cost }: Estimating): Record<string, number | null> {
  const { problem, calibration } = estimator;
  const lines = rows.scores.map((score, c) => {
    const line = calibration?.[c] ?? null;
    return line === null ? score.slice() : applyIsotonic(line, score);
  });
  normalise(lines);
  if (!lines.every((line) => line.every((p) => p >= 0 && p <= 1))) return {};
  const counts = problem.classes.map(() => problem.classes.map(() => 0));
  for (let i = 0; i < rows.n; i++)
    for (const [c, line] of lines.entries()) counts[c]![rows.prediction[i]!]! += line[i]!;
  const { accuracy, macro, mcc } = multiclassMeasures(counts);
  const areas = lines.map((line, c) => expectedRocAuc(line, rows.scores[c]!).value).filter((area) => area !== null);
  return {
    accuracy: accuracy.value,
    precision: macro.precision.value,
    recall: macro.recall.value,
    f1: macro.f1.value,
    mcc: mcc.value,
    roc_auc: areas.length === 0 ? null : areas.reduce((total, area) => total + area, 0) / areas.length,
    value: expectedWorth(toWorth(problem, cost), lines, rows.prediction),
  };
}

/** Calibrated one by one, probabilities of a row do not add up to 1; equal shares where nothing is left of them. */
function normalise(lines: readonly Float64Array[]): void {
  const n = lines[0]?.length ?? 0;
  for (let i = 0; i < n; i++) {
    let total = 0;
    for (const line of lines) total += line[i]!;
    for (const line of lines) line[i] = total > 0 ? Math.min(1, line[i]! / total) : 1 / lines.length;
  }
}

function expectedWorth(
  worth: readonly (readonly number[])[] | null,
  probabilities: readonly Float64Array[],
  prediction: Float64Array,
): number | null {
  if (worth === null) return null;
  let total = 0;
  for (let i = 0; i < prediction.length; i++)
    for (const [truth, line] of probabilities.entries()) total += line[i]! * worth[truth]![prediction[i]!]!;
  return prediction.length === 0 ? null : total / prediction.length;
}

/** The estimated errors of a regression; null of other problems, and where no model of them was learned. */
export function estimateLosses(
  estimator: Estimator | null,
  { rows, features }: { readonly rows: ScoredRows; readonly features: ReadonlyMap<string, Column> },
): { estimate(isIn: (row: number) => boolean): Record<string, Measured> } | null {
  if (estimator === null || estimator.loss === null) return null;
  const losses = predictLoss(estimator.loss, { columns: features, prediction: rows.prediction });
  return {
    estimate(isIn) {
      let n = 0;
      const sums = { absolute: 0, squared: 0 };
      for (let i = 0; i < rows.n; i++) {
        if (!isIn(i)) continue;
        n++;
        sums.absolute += losses.absolute[i]!;
        sums.squared += losses.squared[i]!;
      }
      if (n === 0) return {};
      const mse = sums.squared / n;
      return toEstimates(estimator, { mae: sums.absolute / n, mse, rmse: Math.sqrt(mse) }, n);
    },
  };
}
