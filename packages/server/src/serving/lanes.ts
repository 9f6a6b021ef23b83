import { createLane, type Lane } from "@slipway/runtime";
import { availableParallelism } from "node:os";

/** What computes, shared by all versions in memory. */
export interface Lanes {
  /** The event loop's thread, where a run blocks everything else. */
  readonly loop: Lane;
  /** The cores that this process may use, for worker threads and processes. */
  readonly cores: Lane;
  /** What nobody waits for: one run at a time, beside all others. */
  readonly background: Lane;
}

export function createLanes(slots = availableParallelism()): Lanes {
  return {
    loop: createLane({ slots: 1, longestRunMs: 1, inLoop: true }),
    cores: createLane({ slots, longestRunMs: 50, inLoop: false }),
    background: createLane({ slots: 1, longestRunMs: 50, inLoop: false }),
  };
}
