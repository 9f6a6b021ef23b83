import { SlipwayError } from "@slipway/contract/errors";
import { canConcat } from "./datatype.ts";
import type { Tensor } from "./tensor.ts";

/** One request on its way through a batcher; exactly one of `resolve` and `reject` is called. */
export interface BatchEntry<Result> {
  readonly inputs: readonly Tensor[];
  readonly rows: number;
  readonly signal: AbortSignal | undefined;
  /** Monotonic milliseconds. */
  readonly submittedAt: number;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

export interface BatchQueue<Result> {
  push(entry: BatchEntry<Result>): void;
  /**
   * Removes the first request and, where `together`, those behind it that can run with it, up to `maxRows` rows but
   * always one request. Others keep their places; aborted ones are rejected on the way. Empty when nothing is left.
   */
  take(together: boolean): BatchEntry<Result>[];
  /** Rejects all that waits. */
  clear(error: SlipwayError): void;
  readonly length: number;
  readonly rows: number;
}

export function createBatchQueue<Result>(maxRows: number): BatchQueue<Result> {
  let entries: BatchEntry<Result>[] = [];
  let queuedRows = 0;
  return {
    push(entry) {
      entries.push(entry);
      queuedRows += entry.rows;
    },
    take(together) {
      const batch: BatchEntry<Result>[] = [];
      const skipped: BatchEntry<Result>[] = [];
      let rows = 0;
      let i = 0;
      for (; i < entries.length; i++) {
        const entry = entries[i]!;
        if (entry.signal?.aborted) {
          queuedRows -= entry.rows;
          entry.reject(abortReason(entry.signal));
          continue;
        }
        const first = batch[0];
        if (first !== undefined) {
          if (!together) break;
          if (!canRunTogether(first, entry)) {
            skipped.push(entry);
            continue;
          }
          if (rows + entry.rows > maxRows) break;
        }
        batch.push(entry);
        rows += entry.rows;
      }
      const behind = i === entries.length ? [] : entries.slice(i);
      entries = skipped.length === 0 ? behind : skipped.concat(behind);
      queuedRows -= rows;
      return batch;
    },
    clear(error) {
      const left = entries;
      entries = [];
      queuedRows = 0;
      for (const entry of left) entry.reject(error);
    },
    get length() {
      return entries.length;
    },
    get rows() {
      return queuedRows;
    },
  };
}

/** What a request whose signal was aborted is rejected with. */
export function abortReason(signal: AbortSignal): SlipwayError {
  const reason: unknown = signal.reason;
  if (SlipwayError.is(reason)) return reason;
  return new SlipwayError("cancelled", "The request was cancelled while it waited for its run.");
}

function canRunTogether(a: { inputs: readonly Tensor[] }, b: { inputs: readonly Tensor[] }): boolean {
  for (let i = 0; i < a.inputs.length; i++) if (!canConcat(a.inputs[i]!, b.inputs[i]!)) return false;
  return true;
}
