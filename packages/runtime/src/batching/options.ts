import type { Replica } from "../runtime.ts";
import type { Signature } from "../signature.ts";
import type { After } from "./delay.ts";
import type { Lane } from "./lane.ts";
import type { RunTimes } from "./run-times.ts";

/**
 * Why a run was begun with what it had. `idle`: nothing ran, nothing held it up; `slot`: a slot became free; `full`: no more rows
 * fit; `delay`: the longest wait for others was over; `ahead`: handed out while the run before it was under way; `alone`: rows of
 * several requests do not share runs.
 */
export const dispatchReasons = ["idle", "slot", "full", "delay", "ahead", "alone"] as const;
export type DispatchReason = (typeof dispatchReasons)[number];

export interface RunReport {
  readonly rows: number;
  readonly requests: number;
  readonly ms: number;
  /** What was expected of it. */
  readonly predictedMs: number;
  readonly reason: DispatchReason;
}

export interface BatcherOptions {
  /** Copies of one version, which take runs in turn. */
  readonly replicas: readonly Replica[];
  readonly signature: Signature;
  /** A run takes at most so many rows; a larger request is cut into several runs. */
  readonly maxRows: number;
  /** Rows that may wait. 65,536. */
  readonly maxQueue?: number;
  /** How long a request may wait for others where nothing else holds it up; milliseconds, 0. */
  readonly maxDelayMs?: number;
  /** Each request runs by itself. */
  readonly alone?: boolean;
  /** Where the replicas run, shared with other models; by default a lane of its own, in this thread. */
  readonly lane?: Lane;
  /** Slots of the lane that one run takes. 1. */
  readonly weight?: number;
  /** What is known of the time of runs already. */
  readonly times?: RunTimes;
  /** A run that takes longer is taken for endless, and what runs it ended, where it can be. Left out: what the replica was opened with. */
  readonly runLimitMs?: number;
  readonly onRun?: (report: RunReport) => void;
  /** Milliseconds with fractions, from an arbitrary start. */
  readonly monotonic: () => number;
  /** Calls back at the end of the event-loop turn. */
  readonly defer?: (task: () => void) => void;
  /** Calls back after so many milliseconds, unless what it answers with is called first. */
  readonly after?: After;
}

export interface SubmitOptions {
  /** Monotonic milliseconds after which nobody wants the answer. */
  readonly deadlineAt?: number;
  /** Aborted: nobody wants the answer any more. What waits leaves the queue at once; a run that has begun is not interrupted. */
  readonly signal?: AbortSignal | undefined;
}
