import { SlipwayError } from "@slipway/contract/errors";
import type { RunNotBegun } from "../run-errors.ts";
import type { Tensor } from "../tensor.ts";
import { abortable } from "./abortable.ts";
import { foresee } from "./admission.ts";
import type { BatchQueue } from "./batch-queue.ts";
import { runBatch, type BatchResult, type Entry, type FinishedRun } from "./batch-run.ts";
import { createDelay, type Delay } from "./delay.ts";
import { createHold, type Hold } from "./hold.ts";
import type { BatcherOptions, DispatchReason, RunReport, SubmitOptions } from "./options.ts";
import type { Forecast } from "./forecast.ts";
import type { Lane, LaneSeat } from "./lane.ts";
import { createSlots, type Slot, type Slots } from "./replica-slots.ts";
import { createRunPolicy, type RunPolicy } from "./run-policy.ts";
import type { RunTimes } from "./run-times.ts";
import type { Part } from "./split-request.ts";
import { createSuspects, type Suspects } from "./suspects.ts";

export interface DispatcherDeps extends BatcherOptions {
  readonly defer: (task: () => void) => void;
  readonly lane: Lane;
  readonly times: RunTimes;
  readonly forecast: Forecast;
  readonly queue: BatchQueue<BatchResult>;
}

/** What a run may take for the next one to be handed out before it is over: longer ones hide what the way there costs. */
const aheadMs = 5;
/** How often a request is handed over anew when the replica that had it is gone before it began. */
const mostReturns = 3;

/** The moment of a request's coming, and the wait that was ahead of it then. Milliseconds. */
export interface Arrival {
  readonly now: number;
  readonly foreseenMs: number;
}

/** Makes runs of what waits, whenever the lane has a slot and a replica is free. */
export class Dispatcher {
  readonly slots: Slots;
  readonly policy: RunPolicy;
  readonly suspects: Suspects;
  readonly #hold: Hold;
  readonly #deps: DispatcherDeps;
  readonly #seat: LaneSeat;
  readonly #delay: Delay;
  readonly #waiters: (() => void)[] = [];

  constructor(deps: DispatcherDeps) {
    this.#deps = deps;
    this.slots = createSlots(deps.replicas, deps.monotonic);
    this.policy = createRunPolicy({ ...deps, slots: this.slots });
    this.#seat = deps.lane.join({ weight: deps.weight ?? 1, start: () => this.#start() });
    this.#delay = createDelay(deps.after, () => this.#seat.ask());
    this.suspects = createSuspects(deps.monotonic);
    this.#hold = createHold({
      ...deps,
      after: deps.after,
      trouble: () => this.slots.trouble(),
      onReady: () => this.ask(),
      onLeft: () => this.settle(),
    });
  }

  /** Why a request is not even to wait; null: it may. */
  refusal(inputs: readonly Tensor[]): SlipwayError | null {
    // What came before may wait for a restart. Who comes now is told, and finds another server.
    if (this.slots.ready() === 0) return new SlipwayError("not_ready", this.slots.trouble());
    const verdict = this.suspects.judge(inputs);
    return verdict === "alone" ? null : verdict;
  }

  arrive(deadlineAt: number): Arrival {
    const { queue, times, monotonic } = this.#deps;
    const now = monotonic();
    if (queue.rows === 0 && deadlineAt === Infinity) return { now, foreseenMs: 0 };
    const { slots, policy } = this;
    const runs = policy.waitingRuns();
    return {
      now,
      foreseenMs: foresee({ waitingRows: queue.rows, runs, slots, parallel: policy.parallel, times }, now),
    };
  }

  enqueue(
    { inputs, rows }: Part,
    { deadlineAt = Infinity, signal }: SubmitOptions,
    arrival = this.arrive(deadlineAt),
  ): Promise<BatchResult> {
    const { queue, times, forecast } = this.#deps;
    const { now: submittedAt, foreseenMs } = arrival;
    return new Promise((resolve, reject) => {
      const expectedAt = submittedAt + forecast.stretch(foreseenMs) + times.predict(rows);
      const waits = true;
      const plain = {
        inputs,
        rows,
        deadlineAt,
        submittedAt,
        foreseenMs,
        expectedAt,
        resolve,
        reject,
        waits,
        returns: 0,
      };
      queue.push(signal ? abortable(plain, signal, (entry) => this.#drop(entry)) : plain);
      this.ask();
    });
  }

  /** There may be something to run. */
  ask(): void {
    const { queue, maxDelayMs = 0, monotonic } = this.#deps;
    const { slots, policy } = this;
    // Whoever ends a run asks again.
    if (queue.length === 0 || (slots.free() === 0 && slots.running() > 0)) return;
    const waitsFor = maxDelayMs > 0 && policy.sharing() && queue.rows < policy.rowLimit();
    const waitMs = waitsFor ? (queue.oldestAt() ?? 0) + maxDelayMs - monotonic() : 0;
    if (waitMs > 0) return this.#delay.start(waitMs);
    this.#delay.stop();
    this.#seat.ask();
  }

  /** To be called where something left the queue without having run. */
  settle(): void {
    if (this.#deps.queue.length > 0 || this.slots.running() > 0) return;
    this.#delay.stop();
    this.#hold.end();
    for (const done of this.#waiters.splice(0)) done();
  }

  /** Resolves when nothing waits and nothing runs. */
  whenIdle(): Promise<void> {
    if (this.#deps.queue.length === 0 && this.slots.running() === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  #drop(entry: Entry): boolean {
    const dropped = this.#deps.queue.drop(entry);
    if (dropped) this.settle();
    return dropped;
  }

  /** The lane has a slot. */
  #start(): boolean {
    const { slots } = this;
    const slot = slots.take();
    const began = slot !== null && this.#begin(slot, slots.running() > 0 ? "slot" : "idle");
    if (began) this.ask();
    else if (slot === null && slots.running() === 0) this.#hold.begin();
    if (!began) this.settle();
    return began;
  }

  #judge(): Suspects["judge"] | null {
    return this.suspects.size === 0 ? null : this.suspects.judge;
  }

  #putBack(batch: readonly Entry[], error: RunNotBegun): void {
    for (const entry of batch) if (++entry.returns > mostReturns) entry.reject(error);
    this.#deps.queue.putBack(batch.filter((entry) => entry.returns <= mostReturns));
  }

  #begin(slot: Slot, cause: DispatchReason): boolean {
    const { queue, times, lane, monotonic, defer, maxDelayMs = 0, runLimitMs } = this.#deps;
    const { policy } = this;
    const together = policy.sharing();
    const limit = policy.rowLimit();
    const now = monotonic();
    const batch = queue.take({
      together,
      maxRows: together ? policy.fairShare() : limit,
      now,
      predict: times.predict,
      judge: this.#judge(),
    });
    if (batch.length === 0) return false;
    let rows = 0;
    for (const entry of batch) rows += entry.rows;
    const waited = cause === "idle" && maxDelayMs > 0;
    const reason = !together ? "alone" : rows >= limit ? "full" : waited ? "delay" : cause;
    const plan = { predictedMs: times.predict(rows), reason } as const;
    slot.enter(now, plan.predictedMs);
    const runner = {
      replica: slot.replica,
      monotonic,
      beforeRun: lane.inLoop ? defer : null,
      onUnbatchable: policy.forbidSharing,
      onRun: (run: FinishedRun) => this.#learn({ ...run, ...plan }, slot, batch[0]!),
      putBack: (entries: readonly Entry[], error: RunNotBegun) => this.#putBack(entries, error),
      suspects: this.suspects,
      ...(runLimitMs !== undefined && { limitMs: runLimitMs }),
    };
    void runBatch(runner, batch).then(() => this.#leave(slot));
    this.#runAhead(slot);
    return true;
  }

  /** A worker gets its next run before the one at hand is over, where that run would not be any fuller later. */
  #runAhead(slot: Slot): void {
    const { queue, times } = this.#deps;
    const { depth = 1 } = slot.replica;
    if (slot.inFlight >= depth || slot.replica.ready === false || this.slots.free() > 0 || this.#seat.contended())
      return;
    const limit = this.policy.rowLimit();
    const full = this.policy.sharing() ? queue.rows >= limit : queue.length > 0;
    if (full && times.predict(limit) < aheadMs) this.#begin(slot, "ahead");
  }

  #learn(run: RunReport & FinishedRun, slot: Slot, first: Entry): void {
    const { times, forecast, onRun } = this.#deps;
    const endedAt = run.startedAt + run.ms;
    // What was handed out ahead began when the run before it was over.
    const ms = Math.min(run.ms, endedAt - slot.lastEndAt);
    times.observe(run.rows, ms);
    onRun?.({ ...run, ms });
    if (first.deadlineAt === Infinity || first.returns > 0) return;
    const waitMs = endedAt - ms - first.submittedAt;
    forecast.learn({ baseMs: first.foreseenMs, waitMs, lateMs: endedAt - first.expectedAt, runMs: ms });
  }

  #leave(slot: Slot): void {
    const ms = slot.leave();
    this.#hold.expect(slot.replica);
    if (slot.inFlight > 0) {
      this.#seat.charge(ms);
      this.#runAhead(slot);
    } else {
      this.ask();
      this.#seat.free(ms);
    }
    this.settle();
  }
}
