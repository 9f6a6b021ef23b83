import type { Signature } from "../signature.ts";
import type { Lane } from "./lane.ts";
import type { Slots } from "./replica-slots.ts";
import type { RunTimes } from "./run-times.ts";

export interface RunPolicyDeps {
  readonly signature: Signature;
  readonly maxRows: number;
  readonly alone?: boolean;
  readonly weight?: number;
  readonly lane: Lane;
  readonly times: RunTimes;
  readonly slots: Slots;
  readonly queue: { readonly rows: number; readonly length: number };
}

/** How much of what waits becomes one run. */
export interface RunPolicy {
  /** Most rows of a run at present. */
  rowLimit(): number;
  /** Whether several requests may share a run: they can, they may, and it pays. */
  sharing(): boolean;
  /** Rows for one of the free replicas: they share what waits where that is worth the way. */
  fairShare(): number;
  /** Runs that what waits will be. */
  waitingRuns(): number;
  /** Replicas that the lane lets run at the same time. */
  readonly parallel: number;
  readonly batchable: boolean;
  /** The outputs do not have the rows of a run. */
  forbidSharing(): void;
}

/** Splitting what waits over several free replicas pays where each part runs longer than handing it out takes. */
const leastShareMs = 0.3;

export function createRunPolicy(deps: RunPolicyDeps): RunPolicy {
  const { lane, times, slots, queue, maxRows, alone = false, weight = 1 } = deps;
  const parallel = Math.max(1, Math.floor(lane.slots / weight));
  let batchable = deps.signature.batched;

  const rowLimit = () => times.rowsWithin(lane.longestRunMs, maxRows);
  const sharing = () => batchable && !alone && times.pays();
  return {
    rowLimit,
    sharing,
    fairShare() {
      const limit = rowLimit();
      const free = Math.min(slots.free(), parallel);
      if (free <= 1) return limit;
      const share = Math.ceil(queue.rows / free);
      return times.perRow * share > leastShareMs ? Math.min(limit, share) : limit;
    },
    waitingRuns: () => (sharing() ? Math.ceil(queue.rows / rowLimit()) : queue.length),
    parallel,
    get batchable() {
      return batchable;
    },
    forbidSharing: () => void (batchable = false),
  };
}
