import { SlipwayError } from "@slipway/contract/errors";
import type { Replica } from "../runtime.ts";
import type { Signature } from "../signature.ts";
import type { Tensor } from "../tensor.ts";
import { findRefusal, foresee } from "./admission.ts";
import { abortReason, createBatchQueue } from "./batch-queue.ts";
import type { BatchResult, Entry } from "./batch-run.ts";
import type { After } from "./delay.ts";
import { createDispatcher, type DispatchReason } from "./dispatcher.ts";
import { createForecast } from "./forecast.ts";
import { createLane, type Lane } from "./lane.ts";
import { createRunTimes, type RunTimes } from "./run-times.ts";
import { cutRows, joinResults, type Part } from "./split-request.ts";

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
  const { replicas, maxQueue = 65_536, monotonic } = options;
  const defer = options.defer ?? ((task) => void setImmediate(task));
  const lane = options.lane ?? createLane({ slots: replicas.length, longestRunMs: Infinity, inLoop: true, defer });
  const times = options.times ?? createRunTimes();
  const forecast = createForecast();
  const queue = createBatchQueue<BatchResult>();
  const dispatcher = createDispatcher({ ...options, defer, lane, times, forecast, queue });
  let closed = false;

  function foreseeNow(now: number): number {
    const { slots, parallel } = dispatcher;
    return foresee({ waitingRows: queue.rows, runs: dispatcher.waitingRuns(), slots, parallel, times }, now);
  }

  function enqueue({ inputs, rows }: Part, { deadlineAt = Infinity, signal }: SubmitOptions): Promise<BatchResult> {
    return new Promise((resolve, reject) => {
      const now = monotonic();
      const foreseenMs = deadlineAt === Infinity ? 0 : foreseeNow(now);
      const expectedAt = now + forecast.stretch(foreseenMs) + times.predict(rows);
      const base = { inputs, rows, deadlineAt, submittedAt: now, foreseenMs, expectedAt, waits: true };
      const entry: Entry = signal ? withSignal(base, { resolve, reject }, signal) : { ...base, resolve, reject };
      queue.push(entry);
      dispatcher.ask();
    });
  }

  /** The signal may outlive the request by far, so nothing of the request stays with it. */
  function withSignal(
    base: Omit<Entry, "resolve" | "reject">,
    settle: Pick<Entry, "resolve" | "reject">,
    signal: AbortSignal,
  ): Entry {
    const onAbort = () => {
      if (!queue.drop(entry)) return;
      settle.reject(abortReason(signal));
      dispatcher.settle();
    };
    const done = () => signal.removeEventListener("abort", onAbort);
    const entry: Entry = {
      ...base,
      resolve: (result) => (done(), settle.resolve(result)),
      reject: (error) => (done(), settle.reject(error)),
    };
    signal.addEventListener("abort", onAbort, { once: true });
    return entry;
  }

  async function submitParts(whole: Part, submitOptions: SubmitOptions): Promise<BatchResult> {
    const parts = cutRows(whole.inputs, whole.rows, dispatcher.rowLimit());
    const rest = new AbortController();
    const signals = submitOptions.signal ? [submitOptions.signal, rest.signal] : [rest.signal];
    const signal = AbortSignal.any(signals);
    try {
      const results = await Promise.all(parts.map((part) => enqueue(part, { ...submitOptions, signal })));
      const joined = joinResults(parts, results);
      if (joined !== null) return joined;
    } catch (error) {
      // Nobody can use the other parts.
      rest.abort(error);
      throw error;
    }
    dispatcher.forbidSharing();
    return enqueue(whole, submitOptions);
  }

  return {
    submit(inputs, rows, submitOptions = {}) {
      const { signal, deadlineAt = Infinity } = submitOptions;
      if (closed)
        return Promise.reject(new SlipwayError("not_ready", "This version is being unloaded. Send the request again."));
      if (signal?.aborted) return Promise.reject(abortReason(signal));
      const now = monotonic();
      const waitMs = queue.rows > 0 || deadlineAt !== Infinity ? forecast.stretch(foreseeNow(now)) : 0;
      const limits = { waitingRows: queue.rows, maxQueue, times, forecast };
      const refusal = findRefusal({ rows, waitMs, leftMs: deadlineAt - now }, limits);
      if (refusal !== null) return Promise.reject(refusal);
      const request = { inputs, rows };
      return dispatcher.batchable && rows > dispatcher.rowLimit()
        ? submitParts(request, submitOptions)
        : enqueue(request, submitOptions);
    },
    get queuedRows() {
      return queue.rows;
    },
    get batchable() {
      return dispatcher.batchable;
    },
    times,
    get rowLimit() {
      return dispatcher.rowLimit();
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
