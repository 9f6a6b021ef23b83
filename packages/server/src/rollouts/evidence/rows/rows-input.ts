import type { LabelMetric } from "../../report/ab-task-input.ts";
import type { Pairs } from "../measured.ts";
import type { ArmSums, FirstEvents } from "../to-strata.ts";

/** What the lake is asked about a rollout. Times are milliseconds. */
export interface RowsInput {
  readonly model: string;
  readonly from: number;
  readonly to: number;
  /** Predictions from then on. */
  readonly since: number;
  /** Labels are looked at of predictions before this time. */
  readonly dueBefore: number;
  /** What a label means that has not come by then; null: nothing. */
  readonly missing: string | null;
  readonly labels: readonly LabelMetric[];
  /** SELECTs with the columns arm and value, and perhaps unit. */
  readonly sql: readonly string[];
  /** The arm that the challenger is compared with. */
  readonly control: "champion" | "control";
  /** A shadow answers or has answered. */
  readonly hasShadow: boolean;
  /** Codes of errors on the caller's side, and of those that only say that a shadow had no room. */
  readonly callersCodes: readonly string[];
  readonly noRoomCodes: readonly string[];
}

/** Of one metric. */
export interface RowsMeasure {
  readonly arms: readonly ArmSums[];
  /** Of what is counted; null: it is not. */
  readonly firsts: readonly FirstEvents[] | null;
  readonly pairs: Pairs | null;
  /** Why it could not be measured. */
  readonly error: string | null;
}

export interface RowsOutput {
  /** Of requests that were answered once more. Null: there is no shadow. */
  readonly errors: Pairs | null;
  readonly refused: Pairs | null;
  readonly labels: Readonly<Record<string, RowsMeasure>>;
  /** By the statement. */
  readonly sql: Readonly<Record<string, RowsMeasure>>;
  /** Rows of the challenger that are due and have a label, and of its shadow. */
  readonly labelled: readonly { readonly revision: number; readonly rows: number }[];
  readonly labelledPairs: number;
}
