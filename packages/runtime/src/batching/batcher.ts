import { SlipwayError } from "@slipway/contract/errors";
import type { Tensor } from "../tensor.ts";
import { findRefusal } from "./admission.ts";
import { abortReason } from "./abortable.ts";
import { createBatchQueue } from "./batch-queue.ts";
import type { BatchResult } from "./batch-run.ts";
import { Dispatcher } from "./dispatcher.ts";
import { createForecast } from "./forecast.ts";
import { createLane } from "./lane.ts";
import type { BatcherOptions, SubmitOptions } from "./options.ts";
import { createRunTimes, type RunTimes } from "./run-times.ts";
import { cutRows, submitTogether, type Part } from "./split-request.ts";

export interface Batcher {
  /**
   * `inputs` are the model's own tensors, validated, each with `rows` rows. Rejects with `model_failed` and the
   * runtime's message, with a SlipwayError of the replica as it is, with `not_ready` after `close`, with `overloaded` where
   * too much waits or the deadline could not be met (`details`: `reason`, a RejectReason, and `retry_after_ms`, when the queue
   * will be empty), with `deadline_exceeded` where the deadline passed in the queue or, where `signal` was aborted before the
   * run began, with its reason (else `cancelled`).
   */
  submit(inputs: readonly Tensor[], rows: number, options?: SubmitOptions): Promise<BatchResult>;
  readonly queuedRows: number;
  /** False for a model without a batch, and once outputs did not have the rows of a run: then each request runs alone. */
  readonly batchable: boolean;
  readonly times: RunTimes;
  /** Most rows of a run at present. */
  readonly rowLimit: number;
  /** Takes no more, and rejects what waits for its run with `shutting_down`. */
  abandon(): void;
  /** Takes no more, and resolves when what was taken is answered. Does not close the replicas. */
  close(): Promise<void>;
}

/**
 * Work-conserving: as soon as a slot of the lane is free, everything that waits and fits becomes one run. No timer, unless a
 * longest wait is set: an idle model is never waited for, and requests that come while it runs go together. How many rows a run takes is
 * learned from the runs. A run that fails is repeated member by member, so that one input cannot fail another's answer.
 */
export function createBatcher(options: BatcherOptions): Batcher {
  const { replicas, maxQueue = 65_536 } = options;
  const defer = options.defer ?? ((task) => void setImmediate(task));
  const lane = options.lane ?? createLane({ slots: replicas.length, longestRunMs: Infinity, inLoop: true, defer });
  const times = options.times ?? createRunTimes();
  const forecast = createForecast();
  const queue = createBatchQueue<BatchResult>();
  const dispatcher = new Dispatcher({ ...options, defer, lane, times, forecast, queue });
  const { policy } = dispatcher;
  let closed = false;

  async function submitParts(whole: Part, { signal, ...others }: SubmitOptions): Promise<BatchResult> {
    const parts = cutRows(whole.inputs, whole.rows, policy.rowLimit());
    const joined = await submitTogether(parts, signal, (part, both) =>
      dispatcher.enqueue(part, { ...others, signal: both }),
    );
    if (joined !== null) return joined;
    policy.forbidSharing();
    return dispatcher.enqueue(whole, { ...others, signal });
  }

  return {
    submit(inputs, rows, submitOptions = {}) {
      const { signal, deadlineAt = Infinity } = submitOptions;
      if (closed)
        return Promise.reject(new SlipwayError("not_ready", "This version is being unloaded. Send the request again."));
      if (signal?.aborted) return Promise.reject(abortReason(signal));
      const refused = dispatcher.refusal(inputs);
      if (refused !== null) return Promise.reject(refused);
      const arrival = dispatcher.arrive(deadlineAt);
      const waitMs = forecast.stretch(arrival.foreseenMs);
      if (waitMs > 0 || queue.rows > 0) {
        const limits = { waitingRows: queue.rows, maxQueue, times, forecast };
        const refusal = findRefusal({ rows, waitMs, leftMs: deadlineAt - arrival.now }, limits);
        if (refusal !== null) return Promise.reject(refusal);
      }
      const request = { inputs, rows };
      return policy.batchable && rows > policy.rowLimit()
        ? submitParts(request, submitOptions)
        : dispatcher.enqueue(request, submitOptions, arrival);
    },
    get queuedRows() {
      return queue.rows;
    },
    get batchable() {
      return policy.batchable;
    },
    times,
    get rowLimit() {
      return policy.rowLimit();
    },
    abandon() {
      closed = true;
      queue.clear(
        new SlipwayError("shutting_down", "The server stops before this request's turn came. Send it again."),
      );
      dispatcher.settle();
    },
    close() {
      closed = true;
      return dispatcher.whenIdle();
    },
  };
}
