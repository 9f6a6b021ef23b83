import type { Watched, Window } from "../watched.ts";
import type { Problem } from "./problem.ts";

/** A figure from rows, and how far chance alone moves it. */
export interface Measured {
  readonly value: number;
  /** Null where it cannot be told. */
  readonly standardError: number | null;
  /** Rows that it was computed from. */
  readonly rows: number;
}

/** How a group does on the metric that the problem is first judged by (`headlineOf`). */
export interface GroupMeasured extends Measured {
  readonly column: string;
  readonly group: string;
}

/** Rows by how long after the end of their window the first label came. */
export interface Arrivals {
  /** `counts[i]`: later than `bounds[i - 1]` and not later than `bounds[i]` milliseconds; the last are later than all. */
  readonly counts: readonly number[];
}

/** What is known of the answers of one window, slice by slice: a pure function of the predictions and labels in the lake. */
export interface PerformanceWindow {
  readonly watched: Watched;
  readonly window: Window;
  /** Empty: all of it. */
  readonly slice: string;
  readonly problem: Problem["kind"];
  readonly target: Problem;
  /** Predictions that were answered by the version. */
  readonly rows: number;
  /** Those of them whose truth is known, or taken as known because it should have come (`labels.missing`). */
  readonly labelled: number;
  /** Rows whose label is no class and no number that goes with the model. */
  readonly unusable: number;
  /**
   * `final`: enough labels, or all that were to come. `provisional`: some. `unlabelled`: none. A provisional window is shown
   * and not judged: what is labelled early is no fair sample.
   */
  readonly state: "final" | "provisional" | "unlabelled";
  readonly realised: Readonly<Record<string, Measured>>;
  /** What the estimator says that the same metrics are, before labels; empty where there is no estimator. */
  readonly estimated: Readonly<Record<string, Measured>>;
  readonly groups: readonly GroupMeasured[];
  /** Own metrics in SQL by name; null where the query gave none, `error` where it failed. */
  readonly custom: Readonly<Record<string, { readonly value: number | null; readonly error: string | null }>>;
  readonly arrivals: Arrivals;
  /** Changes with the predictions and labels that it was computed from, and with nothing else. */
  readonly fingerprint: string;
  readonly computedAt: number;
}

/** Every metric there is, by problem; the first is the headline: groups, slices and explanations are about it. */
export const metricNames = {
  binary: [
    "roc_auc",
    "accuracy",
    "f1",
    "precision",
    "recall",
    "specificity",
    "mcc",
    "average_precision",
    "log_loss",
    "brier",
    "ece",
    "value",
  ],
  multiclass: ["accuracy", "f1", "precision", "recall", "roc_auc", "log_loss", "brier", "ece", "value"],
  regression: ["mae", "rmse", "mse", "bias", "mape", "r2"],
} as const satisfies Readonly<Record<Problem["kind"], readonly string[]>>;

/** Judged where nothing is configured: few, for each one more is one more false alarm. */
export const judgedByDefault: Readonly<Record<Problem["kind"], readonly string[]>> = {
  binary: ["roc_auc", "accuracy"],
  multiclass: ["accuracy", "f1"],
  regression: ["mae", "rmse"],
};

/** Which way is worse. A bias is bad either way. */
export function worseWhen(metric: string): "lower" | "higher" | "either" {
  if (metric === "bias") return "either";
  return ["log_loss", "brier", "ece", "mae", "rmse", "mse", "mape"].includes(metric) ? "higher" : "lower";
}
