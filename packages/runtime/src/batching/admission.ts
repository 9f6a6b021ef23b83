import { SlipwayError } from "@slipway/contract/errors";
import type { Forecast } from "./forecast.ts";
import type { Slots } from "./replica-slots.ts";
import type { RunTimes } from "./run-times.ts";

/** `queue_full`: more rows wait than may; `too_late`: it could not be answered before its deadline. */
export const rejectReasons = ["queue_full", "too_late"] as const;
export type RejectReason = (typeof rejectReasons)[number];

/** What there is to do, as far as the time until it is done depends on it. */
export interface Backlog {
  readonly waitingRows: number;
  /** Runs that the waiting rows will be. */
  readonly runs: number;
  readonly slots: Slots;
  /** Replicas that can run at the same time. */
  readonly parallel: number;
  readonly times: RunTimes;
}

/** Milliseconds until all that waits and runs is done, were this model alone. */
export function foresee({ waitingRows, runs, slots, parallel, times }: Backlog, now: number): number {
  const waitingMs = runs * times.base + waitingRows * times.perRow;
  return slots.remaining(now) + waitingMs / Math.max(1, Math.min(parallel, slots.ready()));
}

export interface Applicant {
  readonly rows: number;
  /** Until its run begins, as far as can be told; 0 where nothing is ahead of it. */
  readonly waitMs: number;
  /** Until its deadline; Infinity where it has none. */
  readonly leftMs: number;
}

/** Why a request is refused at once; null: it may wait. An answer that would come too late helps nobody and costs others theirs. */
export function findRefusal(
  { rows, waitMs, leftMs }: Applicant,
  limits: {
    readonly waitingRows: number;
    readonly maxQueue: number;
    readonly times: RunTimes;
    readonly forecast: Forecast;
  },
): SlipwayError | null {
  const { waitingRows, maxQueue, times, forecast } = limits;
  if (waitingRows > 0 && waitingRows + rows > maxQueue)
    return refusal("queue_full", waitMs, `${waitingRows} rows are waiting for this model already; try again later.`);
  // Half of the time is always there to be used: a machine that stalls now and then is not to be idle for fear of it.
  const neededMs = waitMs + times.predict(rows) + Math.min(forecast.marginMs, leftMs / 2);
  // How long an idle model takes, only a run can show.
  if (waitMs === 0 || neededMs <= leftMs) return null;
  const [needed, left] = [Math.ceil(neededMs), Math.max(0, Math.floor(leftMs))];
  return refusal(
    "too_late",
    waitMs,
    `An answer would take about ${needed} ms, and ${left} ms are left for it; try again later.`,
  );
}

function refusal(reason: RejectReason, waitMs: number, message: string): SlipwayError {
  return new SlipwayError("overloaded", message, { reason, retry_after_ms: Math.ceil(waitMs) });
}
