import { SlipwayError } from "@slipway/contract/errors";
import { createBatchQueue } from "./batch-queue.ts";
import { runBatch } from "./batch-run.ts";
import type { BatchResult, BatchRunner } from "./batch-run.ts";
import type { Replica } from "./runtime.ts";
import type { Signature } from "./signature.ts";
import type { Tensor } from "./tensor.ts";

export type { BatchResult } from "./batch-run.ts";

export interface BatcherOptions {
  readonly replica: Replica;
  readonly signature: Signature;
  /** A run takes at most so many rows; a larger request is cut into several runs. */
  readonly maxRows: number;
  /** Milliseconds with fractions, from an arbitrary start. */
  readonly monotonic: () => number;
  /** Calls back at the end of the event-loop turn. */
  readonly defer?: (task: () => void) => void;
}

export interface Batcher {
  /**
   * `inputs` are the model's own tensors, validated, each with `rows` rows. Rejects with `model_failed` and the
   * runtime's message, with a SlipwayError of the replica as it is, with `not_ready` after `close`, or, where `signal`
   * was aborted before the run began, with its reason (else `cancelled`); that is seen when the request's turn comes.
   */
  submit(inputs: readonly Tensor[], rows: number, signal?: AbortSignal): Promise<BatchResult>;
  readonly queuedRows: number;
  /** False for a model without a batch, and once outputs did not have the rows of a run: then each request runs alone. */
  readonly batchable: boolean;
  /** Takes no more, and rejects what waits for its run with `shutting_down`. */
  abandon(): void;
  /** Takes no more, and resolves when what was taken is answered. Does not close the replica. */
  close(): Promise<void>;
}

/**
 * All requests of one event-loop turn become one run; while it is under way, arrivals wait and go next, one run at a
 * time. No timer: an idle model is never waited for. A run that fails is repeated member by member, so that one input
 * cannot fail another's answer.
 */
export function createBatcher(options: BatcherOptions): Batcher {
  const { replica, maxRows, monotonic, signature } = options;
  const defer = options.defer ?? ((task) => void setImmediate(task));
  const runner: BatchRunner = { replica, maxRows, monotonic, defer, batchable: signature.batched };
  const queue = createBatchQueue<BatchResult>(maxRows);
  const waiting: (() => void)[] = [];
  let busy = false;
  let closed = false;

  function dispatch(): void {
    const batch = queue.take(runner.batchable);
    if (batch.length === 0) finish();
    else void runBatch(runner, batch).then(finish);
  }

  function finish(): void {
    // Through `defer` again, so that answers leave and requests arrive between two runs of this thread.
    if (queue.length > 0) return defer(dispatch);
    busy = false;
    for (const done of waiting.splice(0)) done();
  }

  return {
    submit(inputs, rows, signal) {
      return new Promise((resolve, reject) => {
        if (closed) {
          return reject(new SlipwayError("not_ready", "This version is being unloaded. Send the request again."));
        }
        queue.push({ inputs, rows, signal, submittedAt: monotonic(), resolve, reject });
        if (busy) return;
        busy = true;
        defer(dispatch);
      });
    },
    get queuedRows() {
      return queue.rows;
    },
    get batchable() {
      return runner.batchable;
    },
    abandon() {
      closed = true;
      queue.clear(
        new SlipwayError("shutting_down", "The server stops before this request's turn came. Send it again."),
      );
    },
    close() {
      closed = true;
      return busy ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve();
    },
  };
}
