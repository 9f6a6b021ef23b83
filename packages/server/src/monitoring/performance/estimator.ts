import { fitIsotonic, needsCalibration, type Isotonic } from "@slipway/statistics";
import type { LabelledRows } from "./labelled-rows.ts";
import { fitLoss, type LossModel } from "./loss.ts";
import { measure } from "./measure.ts";
import { metricNames, type Measured } from "./performance-window.ts";
import { findProblem, type CostTable, type OutputFacts, type Problem } from "./problem.ts";
import { takeRows, toScoredRows, type ScoredRows } from "./scored-rows.ts";

/** How a metric was on the reference. */
export interface ReferenceMetric {
  readonly value: number;
  /** Of one row: divided by the root of the rows of a window it is the window's standard error. */
  readonly unitError: number;
  /** How much blocks differ from one another beyond chance, as a standard deviation. */
  readonly spread: number;
  readonly blocks: number;
}

/** What was learned from labelled rows of the reference; JSON. */
export interface Estimator {
  readonly format: 1;
  readonly problem: Problem;
  /** Labelled rows that it was learned from. */
  readonly rows: number;
  readonly metrics: Readonly<Record<string, ReferenceMetric>>;
  /** Of the score of each class, in the order of `problem.classes`; null in it: the score is a probability already. Null: no scores. */
  readonly calibration: readonly (Isotonic | null)[] | null;
  /** Of a regression: models of the error of a row. */
  readonly loss: LossModel | null;
}

export interface FitOptions {
  /** `monitor.labels.positive`. */
  readonly positive: string | null;
  /** `monitor.cost`. */
  readonly cost: CostTable | null;
}

/** Fewer labelled rows teach nothing. */
const leastRows = 100;
/** Without times: so many stretches at most, and so many rows in each at least. */
const stretches = 20;
const stretchRows = 200;

/**
 * What is to be expected of the version's metrics, and how to estimate them before labels: isotonic calibration of the scores
 * where it helps (confidence-based estimation, as NannyML's CBPE), for a regression models of the error of a row (DLE).
 * Runs in the lake child.
 * @returns null where no output can be held against the labels, or there are fewer than 100 of them
 */
export function fitEstimator(labelled: LabelledRows, { positive, cost }: FitOptions): Estimator | null {
  const problem = findProblem(labelled.outputs, factsOf(labelled), positive);
  if (problem === null) return null;
  const { rows: all } = toScoredRows(problem, toRaw(problem, labelled));
  const isKnown = (i: number) => !Number.isNaN(all.truth[i]!) && !Number.isNaN(all.prediction[i]!);
  const rows = takeRows(all, isKnown);
  if (rows.n < leastRows) return null;
  const blocks = Int32Array.from(blocksOf(labelled, all.n).filter((_, i) => isKnown(i)));
  return {
    format: 1,
    problem,
    rows: rows.n,
    metrics: expectMetrics(problem, { rows, blocks, cost }),
    calibration: rows.scores.length === 0 ? null : calibrate(rows),
    loss: problem.kind === "regression" ? fitLoss(labelled, all) : null,
  };
}

/** What `findProblem` has to know of the rows. */
function factsOf({ outputs, columns, truth }: LabelledRows): OutputFacts {
  const values: Record<string, readonly string[] | null> = {};
  const shares = new Set<string>();
  for (const { name } of outputs) {
    const column = columns.get(name);
    if (column === undefined) continue;
    values[name] = distinct(column instanceof Float64Array ? [...column].map(toText) : column);
    if (column instanceof Float64Array && column.every((value) => Number.isNaN(value) || (value >= 0 && value <= 1)))
      shares.add(name);
  }
  return { truths: distinct(truth), values, shares };
}

function toText(value: number): string | null {
  return Number.isNaN(value) ? null : String(value);
}

function distinct(texts: readonly (string | null)[]): string[] | null {
  const found = new Set<string>();
  for (const text of texts) {
    if (text !== null) found.add(text);
    if (found.size > 50) return null;
  }
  return [...found];
}

function toRaw(problem: Problem, { columns, truth }: LabelledRows) {
  const numbers = (name: string | null) => {
    const column = name === null ? undefined : columns.get(name);
    if (column === undefined) return null;
    return column instanceof Float64Array ? column : Float64Array.from(column, (text) => Number(text ?? Number.NaN));
  };
  return {
    n: truth.length,
    prediction: problem.prediction === null ? null : (columns.get(problem.prediction) ?? []),
    scores: problem.scores.map(numbers),
    truth,
  };
}

function blocksOf({ blocks }: LabelledRows, n: number): Int32Array {
  if (blocks !== null) return blocks;
  const count = Math.max(1, Math.min(stretches, Math.floor(n / stretchRows)));
  return Int32Array.from({ length: n }, (_, i) => Math.floor((i * count) / n));
}

interface Expecting {
  readonly rows: ScoredRows;
  readonly blocks: Int32Array;
  readonly cost: CostTable | null;
}

/** The metrics of all rows, and how far blocks lie from one another once what chance explains is taken away. */
function expectMetrics(problem: Problem, { rows, blocks, cost }: Expecting): Record<string, ReferenceMetric> {
  const whole = measure(problem, rows, { cost });
  const byBlock = [...new Set(blocks)].map((block) =>
    measure(
      problem,
      takeRows(rows, (i) => blocks[i] === block),
      { cost },
    ),
  );
  const found: Record<string, ReferenceMetric> = {};
  for (const name of metricNames[problem.kind]) {
    const all = whole[name];
    if (all?.standardError === undefined || all.standardError === null) continue;
    const each = byBlock.map((metrics) => metrics[name]).filter((one) => one !== undefined);
    const unitError = all.standardError * Math.sqrt(all.rows);
    found[name] = { value: all.value, unitError, spread: spreadOf(each), blocks: each.length };
  }
  return found;
}

/** The deviation of figures beyond their standard errors (DerSimonian and Laird's estimate of the variance between groups). */
export function spreadOf(figures: readonly Measured[]): number {
  const usable = figures.filter(({ standardError }) => standardError !== null && standardError > 0);
  if (usable.length < 3) return 0;
  const weights = usable.map(({ standardError }) => 1 / standardError! ** 2);
  const total = sum(weights);
  const mean = sum(usable.map(({ value }, i) => value * weights[i]!)) / total;
  const q = sum(usable.map(({ value }, i) => weights[i]! * (value - mean) ** 2));
  const scale = total - sum(weights.map((weight) => weight ** 2)) / total;
  return Math.sqrt(Math.max(0, (q - (usable.length - 1)) / scale));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function calibrate(rows: ScoredRows): (Isotonic | null)[] {
  const { scores, truth } = rows;
  const fit = (score: Float64Array, c: number) => {
    const is = truth.map((value) => Number(value === c));
    return needsCalibration(is, score) ? fitIsotonic(score, is) : null;
  };
  // Of two classes the first has what the second has not.
  return scores.length === 2 ? [null, fit(scores[1]!, 1)] : scores.map(fit);
}
