import type { MonitorName } from "@slipway/contract";

export type Monitor = MonitorName;

/** `insufficient` is an answer: too few rows to say anything. `error`: it could not be looked at. */
export type FindingVerdict = "pass" | "fail" | "insufficient" | "error";
export type Severity = "critical" | "warning" | "info";

/** One verdict about one thing in one window. JSON-safe: no NaN, no infinity. */
export interface Finding {
  readonly monitor: Monitor;
  /** "" is the whole traffic. */
  readonly slice: string;
  /** The feature or output that it is about; null where it is about all of them, or none. */
  readonly column: string | null;
  /** Which figure: `ks`, `roc_auc`, `missing_share`, ... */
  readonly metric: string | null;
  readonly verdict: FindingVerdict;
  /** How bad a fail is. */
  readonly severity: Severity;
  readonly value: number | null;
  readonly threshold: number | null;
  readonly p: number | null;
  /** After Benjamini and Hochberg over what was tested together. */
  readonly pAdjusted: number | null;
  /** In the metric's own unit, such as standard deviations. */
  readonly effect: number | null;
  readonly rows: number;
  readonly referenceRows: number | null;
  /** Labels still come in, or the reference stands in for a better one. */
  readonly provisional: boolean;
  /** One sentence for people, with both figures. */
  readonly message: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** A finding that passes and says nothing yet. */
export function passing(monitor: Monitor): Finding {
  return {
    monitor,
    slice: "",
    column: null,
    metric: null,
    verdict: "pass",
    severity: "warning",
    value: null,
    threshold: null,
    p: null,
    pAdjusted: null,
    effect: null,
    rows: 0,
    referenceRows: null,
    provisional: false,
    message: "",
  };
}
