import { SlipwayError } from "@slipway/contract/errors";
import type { BatchQueue } from "./batch-queue.ts";
import { runBatch, type BatchResult, type Entry, type FinishedRun } from "./batch-run.ts";
import type { BatcherOptions } from "./batcher.ts";
import { createDelay } from "./delay.ts";
import type { Forecast } from "./forecast.ts";
import type { Lane } from "./lane.ts";
import { createSlots, type Slot, type Slots } from "./replica-slots.ts";
import type { RunTimes } from "./run-times.ts";

/**
 * Why a run was begun with what it had. `idle`: nothing ran, nothing held it up; `slot`: a slot became free; `full`: no more rows
 * fit; `delay`: the longest wait for others was over; `ahead`: handed out while the run before it was under way; `alone`: rows of
 * several requests do not share runs.
 */
export const dispatchReasons = ["idle", "slot", "full", "delay", "ahead", "alone"] as const;
export type DispatchReason = (typeof dispatchReasons)[number];

export interface DispatcherDeps extends BatcherOptions {
  readonly defer: (task: () => void) => void;
  readonly lane: Lane;
  readonly times: RunTimes;
  readonly forecast: Forecast;
  readonly queue: BatchQueue<BatchResult>;
}

/** Makes runs of what waits, whenever the lane has a slot and a replica is free. */
export interface Dispatcher {
  /** There may be something to run. */
  ask(): void;
  /** Most rows of a run at present. */
  rowLimit(): number;
  /** Runs that what waits will be. */
  waitingRuns(): number;
  readonly batchable: boolean;
  /** The outputs do not have the rows of a run. */
  forbidSharing(): void;
  readonly slots: Slots;
  /** Replicas that the lane lets run at the same time. */
  readonly parallel: number;
  /** To be called where something left the queue without having run. */
  settle(): void;
  /** Resolves when nothing waits and nothing runs. */
  whenIdle(): Promise<void>;
}

/** What a run may take for the next one to be handed out before it is over: longer ones hide what the way there costs. */
const aheadMs = 5;
/** Splitting what waits over several free replicas pays where each part runs longer than handing it out takes. */
const leastShareMs = 0.3;

export function createDispatcher(deps: DispatcherDeps): Dispatcher {
  const { queue, times, lane, forecast, monotonic, maxRows, maxDelayMs = 0, alone = false, weight = 1 } = deps;
  const slots = createSlots(deps.replicas, monotonic);
  const parallel = Math.max(1, Math.floor(lane.slots / weight));
  const seat = lane.join({ weight, start });
  const delay = createDelay(deps.after, () => seat.ask());
  const waiters: (() => void)[] = [];
  let batchable = deps.signature.batched;

  const rowLimit = () => times.rowsWithin(lane.longestRunMs, maxRows);
  const sharing = () => batchable && !alone && times.pays();

  function ask(): void {
    // Whoever ends a run asks again.
    if (queue.length === 0 || (slots.free() === 0 && slots.running() > 0)) return;
    const waitsFor = maxDelayMs > 0 && sharing() && queue.rows < rowLimit();
    const waitMs = waitsFor ? (queue.oldestAt() ?? 0) + maxDelayMs - monotonic() : 0;
    if (waitMs > 0) return delay.start(waitMs);
    delay.stop();
    seat.ask();
  }

  function start(): boolean {
    const slot = slots.take();
    const began = slot !== null && begin(slot, slots.running() > 0 ? "slot" : "idle");
    if (began) ask();
    else if (slot === null && slots.running() === 0)
      // Nothing of this model is alive.
      queue.clear(new SlipwayError("not_ready", "The model is being restarted. Try again in a moment."));
    if (!began) settle();
    return began;
  }

  function begin(slot: Slot, cause: DispatchReason): boolean {
    const together = sharing();
    const limit = rowLimit();
    const now = monotonic();
    const waited = cause === "idle" && maxDelayMs > 0;
    const batch = queue.take({ together, maxRows: together ? fairShare(limit) : limit, now, predict: times.predict });
    if (batch.length === 0) return false;
    let rows = 0;
    for (const entry of batch) rows += entry.rows;
    const reason = !together ? "alone" : rows >= limit ? "full" : waited ? "delay" : cause;
    const plan = { predictedMs: times.predict(rows), reason } as const;
    slot.enter(now, plan.predictedMs);
    const runner = {
      replica: slot.replica,
      monotonic,
      beforeRun: lane.inLoop ? deps.defer : null,
      onUnbatchable: () => (batchable = false),
      onRun: (run: FinishedRun) => learn({ ...run, ...plan }, slot, batch[0]!),
    };
    void runBatch(runner, batch).then(() => leave(slot));
    runAhead(slot);
    return true;
  }

  /** Rows for one of the free replicas: they share what waits where that is worth the way. */
  function fairShare(limit: number): number {
    const free = Math.min(slots.free(), parallel);
    if (free <= 1) return limit;
    const share = Math.ceil(queue.rows / free);
    return times.perRow * share > leastShareMs ? Math.min(limit, share) : limit;
  }

  /** A worker gets its next run before the one at hand is over, where that run would not be any fuller later. */
  function runAhead(slot: Slot): void {
    const { depth = 1 } = slot.replica;
    if (slot.inFlight >= depth || slots.free() > 0 || seat.contended()) return;
    const limit = rowLimit();
    const full = sharing() ? queue.rows >= limit : queue.length > 0;
    if (full && times.predict(limit) < aheadMs) begin(slot, "ahead");
  }

  function learn(
    run: FinishedRun & { readonly predictedMs: number; readonly reason: DispatchReason },
    slot: Slot,
    first: Entry,
  ): void {
    // What was handed out ahead began when the run before it was over.
    const ms = Math.min(run.ms, run.startedAt + run.ms - slot.lastEndAt);
    times.observe(run.rows, ms);
    deps.onRun?.({ ...run, ms });
    if (first.deadlineAt === Infinity) return;
    const endedAt = run.startedAt + run.ms;
    const waitMs = endedAt - ms - first.submittedAt;
    forecast.learn({ baseMs: first.foreseenMs, waitMs, lateMs: endedAt - first.expectedAt, runMs: ms });
  }

  function leave(slot: Slot): void {
    const ms = slot.leave();
    if (slot.inFlight > 0) {
      seat.charge(ms);
      runAhead(slot);
    } else {
      ask();
      seat.free(ms);
    }
    settle();
  }

  function settle(): void {
    if (queue.length > 0 || slots.running() > 0) return;
    delay.stop();
    for (const done of waiters.splice(0)) done();
  }

  return {
    ask,
    rowLimit,
    waitingRuns: () => (sharing() ? Math.ceil(queue.rows / rowLimit()) : queue.length),
    get batchable() {
      return batchable;
    },
    forbidSharing: () => void (batchable = false),
    slots,
    parallel,
    settle,
    whenIdle() {
      if (queue.length === 0 && slots.running() === 0) return Promise.resolve();
      return new Promise((resolve) => waiters.push(resolve));
    },
  };
}
