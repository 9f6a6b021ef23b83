import { SlipwayError } from "@slipway/contract/errors";
import { canConcat } from "../datatype.ts";
import type { Tensor } from "../tensor.ts";
import type { Verdict } from "./suspects.ts";

/** One request, or one part of a large one, on its way through a batcher; exactly one of `resolve` and `reject` is called. */
export interface BatchEntry<Result> {
  readonly inputs: readonly Tensor[];
  readonly rows: number;
  /** Monotonic milliseconds; Infinity where there is none. */
  readonly deadlineAt: number;
  /** Monotonic milliseconds. */
  readonly submittedAt: number;
  /** The wait that was foreseen when it came, before what was learned of such forecasts. Milliseconds. */
  readonly foreseenMs: number;
  /** When it was expected to be answered, monotonic milliseconds. */
  readonly expectedAt: number;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
  /** In the queue: neither taken nor dropped. */
  waits: boolean;
  /** How often it was handed over to a replica that was gone before it began. */
  returns: number;
}

export interface TakeLimits {
  /** Whether several requests may share the run. */
  readonly together: boolean;
  readonly maxRows: number;
  /** Monotonic milliseconds. */
  readonly now: number;
  /** Milliseconds of a run. */
  readonly predict: (rows: number) => number;
  /** Which requests run alone, and which not at all. Null: none. */
  readonly judge: ((inputs: readonly Tensor[]) => Verdict) | null;
}

export interface BatchQueue<Result> {
  push(entry: BatchEntry<Result>): void;
  /** What was taken and did not run comes first again. */
  putBack(batch: readonly BatchEntry<Result>[]): void;
  /**
   * Removes the first request and, where `together`, those behind it that can run with it, as long as the run is expected to
   * end in time for each of them, up to `maxRows` rows but always one request. Others keep their places. Those whose time is
   * over are rejected on the way, and so are those that are expected to be late, as long as another one is left to be run:
   * only a run can show that the expectation is wrong. Empty when nothing is left.
   */
  take(limits: TakeLimits): BatchEntry<Result>[];
  /** Takes a request out that waits; false where it does not. */
  drop(entry: BatchEntry<Result>): boolean;
  /** The soonest deadline of what waits; Infinity where none has one. */
  nextDeadline(): number;
  /** Rejects what waits and whose time is over. */
  expire(now: number): void;
  /** Rejects all that waits. */
  clear(error: SlipwayError): void;
  /** When the oldest that waits came; null: nothing waits. */
  oldestAt(): number | null;
  readonly length: number;
  readonly rows: number;
}

export function createBatchQueue<Result>(): BatchQueue<Result> {
  return new Queue<Result>();
}

class Queue<Result> implements BatchQueue<Result> {
  /** In their order, with some that left already. */
  #entries: BatchEntry<Result>[] = [];
  #waiting = 0;
  #rows = 0;

  get length(): number {
    return this.#waiting;
  }

  get rows(): number {
    return this.#rows;
  }

  push(entry: BatchEntry<Result>): void {
    this.#entries.push(entry);
    this.#add(entry);
  }

  putBack(batch: readonly BatchEntry<Result>[]): void {
    this.#entries = [...batch, ...this.#entries];
    for (const entry of batch) this.#add(entry);
  }

  take(limits: TakeLimits): BatchEntry<Result>[] {
    const { together, maxRows, now, predict, judge } = limits;
    const entries = this.#entries;
    const batch: BatchEntry<Result>[] = [];
    const skipped: BatchEntry<Result>[] = [];
    let rows = 0;
    let deadlineAt = Infinity;
    let i = 0;
    for (; i < entries.length; i++) {
      const entry = entries[i]!;
      if (!entry.waits) continue;
      const verdict = isLate(entry, limits, this.#waiting > 1)
        ? expired()
        : judge === null
          ? null
          : judge(entry.inputs);
      if (verdict !== null && verdict !== "alone") {
        this.#remove(entry);
        entry.reject(verdict);
        continue;
      }
      const first = batch[0];
      if (first !== undefined) {
        if (!together) break;
        if (verdict === "alone" || !canRunTogether(first, entry)) {
          skipped.push(entry);
          continue;
        }
        const sum = rows + entry.rows;
        if (sum > maxRows) break;
        const soonest = Math.min(deadlineAt, entry.deadlineAt);
        if (soonest !== Infinity && now + predict(sum) > soonest) break;
      }
      batch.push(entry);
      rows += entry.rows;
      deadlineAt = Math.min(deadlineAt, entry.deadlineAt);
      if (verdict === null) continue;
      i++;
      break;
    }
    const behind = i === entries.length ? [] : entries.slice(i);
    this.#entries = skipped.length === 0 ? behind : skipped.concat(behind);
    for (const entry of batch) this.#remove(entry);
    return batch;
  }

  drop(entry: BatchEntry<Result>): boolean {
    if (!entry.waits) return false;
    this.#remove(entry);
    return true;
  }

  nextDeadline(): number {
    let soonest = Infinity;
    for (const { waits, deadlineAt } of this.#entries) if (waits) soonest = Math.min(soonest, deadlineAt);
    return soonest;
  }

  expire(now: number): void {
    for (const entry of this.#entries) {
      if (!entry.waits || now < entry.deadlineAt) continue;
      this.#remove(entry);
      entry.reject(expired());
    }
  }

  clear(error: SlipwayError): void {
    const left = this.#entries;
    this.#entries = [];
    this.#waiting = 0;
    this.#rows = 0;
    for (const entry of left) {
      if (!entry.waits) continue;
      entry.waits = false;
      entry.reject(error);
    }
  }

  oldestAt(): number | null {
    return this.#entries.find((entry) => entry.waits)?.submittedAt ?? null;
  }

  #add(entry: BatchEntry<Result>): void {
    entry.waits = true;
    this.#waiting++;
    this.#rows += entry.rows;
  }

  #remove(entry: BatchEntry<Result>): void {
    entry.waits = false;
    this.#waiting--;
    this.#rows -= entry.rows;
  }
}

function isLate<Result>(entry: BatchEntry<Result>, { now, predict }: TakeLimits, others: boolean): boolean {
  if (entry.deadlineAt === Infinity) return false;
  return now >= entry.deadlineAt || (others && now + predict(entry.rows) > entry.deadlineAt);
}

function expired(): SlipwayError {
  return new SlipwayError(
    "deadline_exceeded",
    "The request waited for its run until it could not be answered in time any more.",
  );
}

function canRunTogether(a: { inputs: readonly Tensor[] }, b: { inputs: readonly Tensor[] }): boolean {
  for (let i = 0; i < a.inputs.length; i++) if (!canConcat(a.inputs[i]!, b.inputs[i]!)) return false;
  return true;
}
