import type { AbMetric } from "./ab-task-input.ts";

export interface AbQuestion {
  readonly endpoint: string;
  /** Empty: errors, and what the labels say. */
  readonly metrics: readonly AbMetric[];
  /** Metrics of which more is better, by name. */
  readonly higher: ReadonlySet<string>;
  /** The record field that says whose a prediction is; null: what the traffic is divided by. */
  readonly unit: string | null;
  /** Milliseconds; of the newest split only this part. */
  readonly since: number | null;
  readonly until: number | null;
  readonly alpha: number;
  readonly signal?: AbortSignal;
}
