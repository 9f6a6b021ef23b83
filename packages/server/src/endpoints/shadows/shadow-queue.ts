import type { Tensor } from "@slipway/runtime";
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
  /** The one that waits longest. It keeps its room until it is let go of. */
  shift(): Waiting | null;
  letGo(waiting: Waiting): void;
  /** Lets go of all that wait; returns how many there were. */
  clear(): number;
  readonly length: number;
  /** Of all that have room. */
  readonly rows: number;
  readonly bytes: number;
}

export interface QueueLimits {
  readonly rows: number;
  readonly bytes: number;
}

/** What a request holds on to beside its body, about. */
const overheadBytes = 2048;

/** Of the request what it takes to answer it once more: what answered it is let go of, inputs that were parsed count. */
export function toWaiting(journey: Journey, since: number): Waiting {
  const { call, parsed, rows } = journey;
  const tensors = parsed === null ? [] : [...parsed.tensors, ...parsed.resolved.tensors];
  const bytes = call.body.length + bytesOf(tensors) + overheadBytes;
  return { journey: { ...journey, inputs: [], run: null }, since, rows: Math.max(1, rows), bytes };
}

/** What a text takes beside its characters, about. */
const textBytes = 16;

function bytesOf(tensors: readonly Tensor[]): number {
  let bytes = 0;
  for (const data of new Set(tensors.map((tensor) => tensor.data))) {
    if ("byteLength" in data) bytes += data.byteLength;
    else for (const text of data) bytes += text.length + textBytes;
  }
  return bytes;
}

/** Bounded by rows and by bytes, of what waits and of what runs; a request that is larger than the bound alone never gets in. */
export function createShadowQueue(limits: QueueLimits): ShadowQueue {
  let waiting: Waiting[] = [];
  let first = 0;
  let [rows, bytes] = [0, 0];

  function letGo(one: Waiting): void {
    rows -= one.rows;
    bytes -= one.bytes;
  }

  function shift(): Waiting | null {
    const one = waiting[first];
    if (one === undefined) return null;
    first++;
    if (first === waiting.length || first === 1024) {
      waiting = waiting.slice(first);
      first = 0;
    }
    return one;
  }

  return {
    push(one) {
      if (rows + one.rows > limits.rows || bytes + one.bytes > limits.bytes) return false;
      waiting.push(one);
      rows += one.rows;
      bytes += one.bytes;
      return true;
    },
    shift,
    letGo,
    clear() {
      const all = waiting.slice(first);
      for (const one of all) letGo(one);
      waiting = [];
      first = 0;
      return all.length;
    },
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
