import type { Journey } from "../journey.ts";

/** A request that waits to be answered once more. */
export interface Waiting {
  readonly journey: Journey;
  readonly rows: number;
  readonly bytes: number;
  /** Monotonic milliseconds. */
  readonly since: number;
}

export interface ShadowQueue {
  /** False where there is no room for it. */
  push(waiting: Waiting): boolean;
  /** The one that waits longest. */
  shift(): Waiting | null;
  /** Lets go of all; returns how many there were. */
  clear(): number;
  readonly length: number;
  readonly rows: number;
  readonly bytes: number;
}

export interface QueueLimits {
  readonly rows: number;
  readonly bytes: number;
}

/** What a request holds on to beside its body, about. */
const overheadBytes = 2048;

export function toWaiting(journey: Journey, since: number): Waiting {
  return { journey, since, rows: Math.max(1, journey.rows), bytes: journey.call.body.length + overheadBytes };
}

/** Bounded by rows and by bytes; a request that is larger than the bound alone never gets in. */
export function createShadowQueue(limits: QueueLimits): ShadowQueue {
  const waiting: Waiting[] = [];
  let first = 0;
  let [rows, bytes] = [0, 0];

  function clear(): number {
    const count = waiting.length - first;
    waiting.length = 0;
    [first, rows, bytes] = [0, 0, 0];
    return count;
  }

  return {
    push(one) {
      if (rows + one.rows > limits.rows || bytes + one.bytes > limits.bytes) return false;
      waiting.push(one);
      rows += one.rows;
      bytes += one.bytes;
      return true;
    },
    shift() {
      const one = waiting[first];
      if (one === undefined) return null;
      first++;
      rows -= one.rows;
      bytes -= one.bytes;
      if (first === waiting.length) clear();
      else if (first >= 1024) {
        waiting.splice(0, first);
        first = 0;
      }
      return one;
    },
    clear,
    get length() {
      return waiting.length - first;
    },
    get rows() {
      return rows;
    },
    get bytes() {
      return bytes;
    },
  };
}
