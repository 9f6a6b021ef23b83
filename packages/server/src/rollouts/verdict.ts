/**
 * What can be said about one thing, kept apart everywhere: nothing is wrong; harm is proven; what is known does not decide it;
 * there was nothing to look at; it could not be looked at.
 */
export type Verdict = "pass" | "fail" | "inconclusive" | "no_data" | "error";

/** What one arm shows of a metric. */
export interface ArmCounts {
  readonly arm: string;
  /** Rows, or requests where requests are counted. */
  readonly n: number;
  /** Of what is counted: how many; else null. */
  readonly events: number | null;
  /** Of what is averaged: the mean; of what is counted the rate. Null: no row. */
  readonly mean: number | null;
}

/** Why a verdict is what it is: kept for ever with the event that came of it. */
export interface Evidence {
  /** A name of `RolloutMetric`, or the name that `slipway.yaml` gave it. */
  readonly metric: string;
  readonly role: "guardrail" | "signal" | "limit" | "observe" | "goal" | "srm" | "gate";
  readonly verdict: Verdict;
  /** A sentence for people, with both figures. */
  readonly message: string;
  readonly arms: readonly ArmCounts[];
  /** Candidate minus champion, in the metric's unit; null where nothing is compared. */
  readonly estimate: number | null;
  /** An interval for the estimate that holds at all times together, at `alpha`. */
  readonly interval: readonly [low: number, high: number] | null;
  /** Evidence of harm as an e-value; harm is proven at 1/alpha. */
  readonly eValue: number | null;
  readonly p: number | null;
  /** What of the rollout's alpha this metric may spend. */
  readonly alpha: number | null;
  /** Milliseconds since 1970: [from, to). */
  readonly window: readonly [from: number, to: number] | null;
  readonly details?: Readonly<Record<string, unknown>>;
}
