/** What is measured of each unit. `total`: the sum, 0 of a unit without a row. `ratio`: sums of value over sums of count. */
type AbMeasure = "total" | "ratio";

export type LabelMetric = "wrong" | "brier" | "log_loss" | "absolute_error" | "squared_error";

export type AbMetric =
  | { readonly kind: "counter"; readonly name: "errors" | "fallbacks" }
  | { readonly kind: "label"; readonly name: LabelMetric }
  /** The one of the label metrics that fits what is predicted. */
  | { readonly kind: "fitting"; readonly name: "fitting" }
  /** SELECT with the columns unit, value and, where wanted, count. */
  | { readonly kind: "sql"; readonly name: string; readonly sql: string };

export interface AbTaskInput {
  readonly model: string;
  readonly fromRevision: number;
  readonly toRevision: number;
  /** Of the predictions, milliseconds, [from, to). */
  readonly from: number;
  readonly to: number;
  /** Labels are looked at of predictions before this time. */
  readonly labelledTo: number;
  readonly arms: readonly { readonly arm: string; readonly version: number }[];
  /** Null: each request is a unit. */
  readonly unit: string | null;
  /** The record field that stands in the column `key`. */
  readonly key: string | null;
  readonly metrics: readonly AbMetric[];
  /** Codes of errors that are the caller's own. */
  readonly callersCodes: readonly string[];
}

/** Asked of the parent, who answers with a `LossPlan`, or null where nothing can be held against labels. */
export interface LossQuestion {
  readonly version: number;
  readonly truths: readonly string[] | null;
  readonly values: Readonly<Record<string, readonly string[] | null>>;
  readonly shares: readonly string[];
}

/** What the task wants to know of a version before that. */
export interface OutputsQuestion {
  readonly outputsOf: number;
}

export interface LossPlan {
  readonly kind: "binary" | "multiclass" | "regression";
  /** The column of the class or the number. Null: the probability alone. */
  readonly prediction: string | null;
  /** Of the probability of each class; null where it has none. */
  readonly scores: readonly (string | null)[];
  /** What a text of a label or a prediction means: the place of the class. */
  readonly classes: Readonly<Record<string, number>>;
}

/** One arm's units; variances are those of one unit. */
export interface ArmSums {
  readonly arm: string;
  readonly units: number;
  /** Sum of the counts of a ratio, else the units. */
  readonly n: number;
  /** Sum of the values. */
  readonly sum: number;
  readonly meanValue: number | null;
  readonly meanCount: number | null;
  readonly varianceValue: number | null;
  readonly varianceCount: number | null;
  readonly covariance: number | null;
}

export interface MeasuredMetric {
  /** As asked for; of the fitting one what fits. */
  readonly name: string;
  readonly kind: AbMetric["kind"];
  readonly measure: AbMeasure;
  /** Something that happens or does not: few of it say nothing. */
  readonly counted: boolean;
  readonly arms: readonly ArmSums[];
  /** Why it could not be measured. */
  readonly error: string | null;
}

export interface AbTaskOutput {
  readonly arms: readonly { readonly arm: string; readonly units: number; readonly rows: number }[];
  /** Units that met more than one arm. */
  readonly mixed: number;
  /** Rows that no unit is known of, and rows that a rule sent. */
  readonly withoutUnit: number;
  readonly byRule: number;
  readonly metrics: readonly MeasuredMetric[];
  /** Labelled rows among those old enough; null where nothing has a label. */
  readonly labelled: readonly ArmSums[] | null;
}
