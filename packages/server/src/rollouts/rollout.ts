import type { Strategy } from "@slipway/contract";
import type { EndpointSettings } from "../endpoints/index.ts";
import type { Verdict } from "./verdict.ts";
import type { RolloutSpec } from "./spec.ts";

/**
 * `promoting`, `reporting` (`finish: report`: the traffic goes back and nothing was wrong), `rolling_back` and `cancelling` last until the traffic is
 * where it belongs.
 */
export type Phase =
  | "pending"
  | "gating"
  | "stepping"
  | "promoting"
  | "reporting"
  | "succeeded"
  | "rolling_back"
  | "rolled_back"
  | "cancelling"
  | "cancelled"
  | "rejected"
  | "superseded";

export const terminalPhases: ReadonlySet<Phase> = new Set([
  "succeeded",
  "rolled_back",
  "cancelled",
  "rejected",
  "superseded",
]);

/** Why a step does not go on. */
export type HeldReason =
  | "hold"
  | "bake"
  | "min_samples"
  | "min_labels"
  | "prove"
  | "approval"
  | "freeze"
  | "no_data"
  | "signal"
  | "srm"
  | "metric_error"
  | "inconclusive"
  | "manual"
  | "capacity"
  | "deadline";

export interface Held {
  readonly reason: HeldReason;
  readonly since: number;
  readonly message: string;
}

/** One release of a version: who began it, by which spec, and where it stands. */
export interface Rollout {
  readonly id: string;
  readonly endpoint: string;
  readonly model: string;
  /** What served when it began. */
  readonly from: number;
  readonly to: number;
  readonly strategy: Strategy;
  readonly spec: RolloutSpec;
  /** Of the `slipway.yaml` that it was begun with: they become the endpoint's with the promotion. Null: they stay as they are. */
  readonly settings?: EndpointSettings | null;
  readonly status: RolloutStatus;
  readonly author: string | null;
  readonly message: string | null;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** All that `decide` remembers. JSON-safe. Times are milliseconds since 1970. */
export interface RolloutStatus {
  readonly phase: Phase;
  /** Of `spec.steps`, from 0; -1 before the first. */
  readonly step: number;
  /** When the phase or the step began; a step begins when its traffic is in force. Null: it is not yet. */
  readonly enteredAt: number | null;
  /** Somebody asked to wait. */
  readonly paused: boolean;
  /** A person let the present step (or the gates) end, whatever it waits for. */
  readonly released: "approved" | "skipped" | null;
  readonly held: Held | null;
  /** Since when a condition of `when` has lasted. */
  readonly conditions: Readonly<Partial<Record<"no_data" | "srm" | "error" | "inconclusive", number>>>;
  /** How it ended, or what it will end with once the traffic is where it belongs. */
  readonly verdict: Verdict | null;
  readonly reason: string | null;
  /** The last event that was written: events are numbered from 1. */
  readonly seq: number;
  /** The newest revision of the endpoint that this rollout has made or seen. */
  readonly revision: number;
}

/** What a release of `to` begins with. */
export function toFirstStatus(revision: number): RolloutStatus {
  return {
    phase: "pending",
    step: -1,
    enteredAt: null,
    paused: false,
    released: null,
    held: null,
    conditions: {},
    verdict: null,
    reason: null,
    seq: 0,
    revision,
  };
}
