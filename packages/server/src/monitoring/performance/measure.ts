import {
  averagePrecision,
  brierScore,
  businessValue,
  calibrationError,
  confusionMeasures,
  countBinary,
  countClasses,
  logLoss,
  multiclassBrier,
  multiclassLogLoss,
  multiclassMeasures,
  oneVersusRest,
  regressionMeasures,
  rocAuc,
  type Measure,
} from "@slipway/statistics";
import type { Measured } from "./performance-window.ts";
import type { CostTable, Problem } from "./problem.ts";
import { toClass } from "./problem.ts";
import type { ScoredRows } from "./scored-rows.ts";
import { takeRows } from "./scored-rows.ts";

export interface MeasureOptions {
  readonly cost: CostTable | null;
}

/** Every metric of the rows whose truth is known. What is not defined (AUC of one class alone) is left out. */
export function measure(problem: Problem, rows: ScoredRows, { cost }: MeasureOptions): Record<string, Measured> {
  const known = takeRows(rows, (i) => !Number.isNaN(rows.truth[i]!) && !Number.isNaN(rows.prediction[i]!));
  if (known.n === 0) return {};
  const found =
    problem.kind === "regression"
      ? measureNumbers(known)
      : { ...(problem.kind === "binary" ? measureBinary(known) : measureClasses(problem, known)) };
  const worth = toWorth(problem, cost);
  if (worth !== null) found["value"] = businessValue(known.truth, known.prediction, worth).mean;
  return toMeasured(found, known.n);
}

function toMeasured(found: Readonly<Record<string, Measure>>, rows: number): Record<string, Measured> {
  const measured: Record<string, Measured> = {};
  for (const [name, { value, standardError }] of Object.entries(found))
    if (value !== null && Number.isFinite(value)) measured[name] = { value, standardError, rows };
  return measured;
}

function measureBinary(rows: ScoredRows): Record<string, Measure> {
  const { accuracy, precision, recall, specificity, f1, mcc } = confusionMeasures(
    countBinary(rows.truth, rows.prediction),
  );
  const found: Record<string, Measure> = { accuracy, precision, recall, specificity, f1, mcc };
  const scored = takeRows(rows, (i) => Number.isFinite(rows.scores[1]?.[i]));
  const score = scored.scores[1];
  if (scored.n === 0 || score === undefined) return found;
  found["roc_auc"] = rocAuc(scored.truth, score);
  found["average_precision"] = averagePrecision(scored.truth, score);
  if (!areProbabilities([score])) return found;
  found["log_loss"] = logLoss(scored.truth, score);
  found["brier"] = brierScore(scored.truth, score);
  found["ece"] = calibrationError(scored.truth, score);
  return found;
}

function measureClasses({ classes }: Problem, rows: ScoredRows): Record<string, Measure> {
  const { accuracy, macro, mcc } = multiclassMeasures(countClasses(classes.length, rows.truth, rows.prediction));
  const { precision, recall, f1 } = macro;
  const found: Record<string, Measure> = { accuracy, precision, recall, f1, mcc };
  if (rows.scores.length !== classes.length) return found;
  const scored = takeRows(rows, (i) => rows.scores.every((column) => Number.isFinite(column[i])));
  if (scored.n === 0) return found;
  found["roc_auc"] = meanOf(oneVersusRest("roc_auc", scored.truth, scored.scores).classes);
  if (!areProbabilities(scored.scores)) return found;
  found["log_loss"] = multiclassLogLoss(scored.truth, scored.scores);
  found["brier"] = multiclassBrier(scored.truth, scored.scores);
  found["ece"] = confidenceError(scored);
  return found;
}

/** The mean over those that are defined; its error as if they were independent. */
function meanOf(measures: readonly Measure[]): Measure {
  const there = measures.filter(({ value }) => value !== null);
  const value = there.length === 0 ? null : there.reduce((sum, each) => sum + each.value!, 0) / there.length;
  const squares = there.reduce((sum, { standardError }) => sum + (standardError ?? 0) ** 2, 0);
  return { value, standardError: value === null ? null : Math.sqrt(squares) / there.length };
}

/** Calibration of the class that was answered: how often it is right against how sure the model was. */
function confidenceError(rows: ScoredRows): Measure {
  const right = rows.truth.map((truth, i) => Number(truth === rows.prediction[i]));
  const confidence = rows.prediction.map((chosen, i) => rows.scores[chosen]![i]!);
  return calibrationError(right, confidence);
}

function measureNumbers({ truth, prediction }: ScoredRows): Record<string, Measure> {
  const { meanError, mae, mse, rmse, mape, r2 } = regressionMeasures(truth, prediction);
  return { mae, rmse, mse, bias: meanError, mape, r2 };
}

function areProbabilities(columns: readonly Float64Array[]): boolean {
  return columns.every((column) => column.every((value) => value >= 0 && value <= 1));
}

/** `worth[truth][prediction]` by the places of the classes; what the table does not name is worth nothing. Null: no table, or no classes. */
export function toWorth({ kind, classes }: Problem, cost: CostTable | null): number[][] | null {
  if (cost === null || kind === "regression") return null;
  const worth = classes.map(() => classes.map(() => 0));
  for (const [truth, line] of Object.entries(cost))
    for (const [prediction, value] of Object.entries(line)) {
      const cells = worth[toClass(truth, classes) ?? -1];
      const column = toClass(prediction, classes);
      if (cells !== undefined && column !== null) cells[column] = value;
    }
  return worth;
}
