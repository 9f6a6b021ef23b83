import type { OutputColumn, Problem } from "./problem.ts";

/** Numbers with NaN for what is missing, or texts with null. */
export type Column = Float64Array | readonly (string | null)[];

/** Labelled rows, by the names of the lake's columns; all columns have as many rows. */
export interface LabelledRows {
  readonly outputs: readonly OutputColumn[];
  /** Names of the inputs. */
  readonly inputs: readonly string[];
  readonly columns: ReadonlyMap<string, Column>;
  /** What came true, as a label says it; null: unknown. */
  readonly truth: readonly (string | null)[];
  /** The part of time that a row belongs to: 0, 1, 2, ... Null where rows have no time: then stretches of them are taken. */
  readonly blocks: Int32Array | null;
}

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
  /** Calibration of each class's score, in the order of `problem.classes`; null where the problem is no classification with scores. */
  readonly calibration: unknown;
  /** Of a regression: models of the absolute and the squared error of a row. */
  readonly loss: unknown;
}

export interface FitOptions {
  /** `monitor.labels.positive`. */
  readonly positive: string | null;
  /** `monitor.cost`: truth, prediction, value. */
  readonly cost: Readonly<Record<string, Readonly<Record<string, number>>>> | null;
}

/** Runs in the lake child. @returns null where no output can be held against the labels, or there are fewer than 100 of them */
export function fitEstimator(rows: LabelledRows, options: FitOptions): Estimator | null {
  void rows;
  void options;
  return null;
}
