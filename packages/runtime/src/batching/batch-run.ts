import { SlipwayError } from "@slipway/contract/errors";
import { concatRows, sliceRows } from "../datatype.ts";
import { ReplicaDied, RunNotBegun } from "../run-errors.ts";
import type { Replica, RunHints } from "../runtime.ts";
import type { Tensor } from "../tensor.ts";
import type { BatchEntry } from "./batch-queue.ts";
import type { Suspects } from "./suspects.ts";

export interface BatchResult {
  /** Rows of this request only, as views of the run's outputs. */
  readonly outputs: readonly Tensor[];
  /** Rows of the run that this request was part of; of its largest run where it was cut. */
  readonly batchRows: number;
  readonly queueUs: number;
  readonly runUs: number;
}

export type Entry = BatchEntry<BatchResult>;

export interface RunnerDeps {
  readonly replica: Replica;
  readonly monotonic: () => number;
  /** Where runs block this thread: calls back right before the next one. */
  readonly beforeRun: ((task: () => void) => void) | null;
  /** The outputs of a run do not have its rows, so that no rows of several requests can share one. */
  readonly onUnbatchable: () => void;
  readonly onRun: (run: FinishedRun) => void;
  /** The replica was gone before it began. */
  readonly putBack: (batch: readonly Entry[], error: RunNotBegun) => void;
  readonly suspects: Suspects;
  /** How long a run may take before it is taken for endless. */
  readonly limitMs?: number;
}

export interface FinishedRun {
  readonly rows: number;
  readonly requests: number;
  /** Monotonic milliseconds. */
  readonly startedAt: number;
  readonly ms: number;
}

/** Runs all of the batch and settles every entry. Never rejects. */
export function runBatch(deps: RunnerDeps, batch: readonly Entry[]): Promise<void> {
  return batch.length === 1 ? runAlone(deps, batch[0]!) : runTogether(deps, batch);
}

interface Timed {
  readonly outputs: readonly Tensor[];
  readonly startedAt: number;
  readonly ms: number;
}

async function run(
  { replica, monotonic, beforeRun, limitMs }: RunnerDeps,
  inputs: readonly Tensor[],
  requests: number,
): Promise<Timed> {
  let startedAt = monotonic();
  // What else the loop does before it comes to the run is no time of the run.
  if (beforeRun !== null) beforeRun(() => (startedAt = monotonic()));
  const hints: RunHints = limitMs === undefined ? { requests } : { requests, limitMs };
  const outputs = await replica.run(inputs, hints);
  return { outputs, startedAt, ms: monotonic() - startedAt };
}

async function runTogether(deps: RunnerDeps, batch: readonly Entry[]): Promise<void> {
  let rows = 0;
  for (const entry of batch) rows += entry.rows;
  let timed: Timed | null = null;
  try {
    timed = await run(deps, concatInputs(batch), batch.length);
  } catch (error) {
    if (error instanceof RunNotBegun) return deps.putBack(batch, error);
    if (error instanceof ReplicaDied) deps.suspects.accuse(batch, error.how);
    if (error instanceof ReplicaDied || isNotTheInput(error)) {
      for (const entry of batch) entry.reject(error);
      return;
    }
  }
  if (timed !== null && !haveRows(timed.outputs, rows)) {
    deps.onUnbatchable();
    timed = null;
  }
  if (timed === null) {
    // One input that the model cannot bear, or a batch that it cannot: every member gets a run of its own.
    for (const entry of batch) await runAlone(deps, entry);
    return;
  }
  const { outputs, startedAt, ms } = timed;
  deps.onRun({ rows, requests: batch.length, startedAt, ms });
  const runUs = microseconds(ms);
  let from = 0;
  for (const entry of batch) {
    const to = from + entry.rows;
    const own: Tensor[] = new Array(outputs.length);
    for (let i = 0; i < outputs.length; i++) own[i] = sliceRows(outputs[i]!, from, to);
    from = to;
    entry.resolve({ outputs: own, batchRows: rows, queueUs: microseconds(startedAt - entry.submittedAt), runUs });
  }
}

async function runAlone(deps: RunnerDeps, entry: Entry): Promise<void> {
  const { rows } = entry;
  try {
    const { outputs, startedAt, ms } = await run(deps, entry.inputs, 1);
    deps.suspects.clear(entry.inputs);
    deps.onRun({ rows, requests: 1, startedAt, ms });
    const queueUs = microseconds(startedAt - entry.submittedAt);
    entry.resolve({ outputs, batchRows: rows, queueUs, runUs: microseconds(ms) });
  } catch (error) {
    if (error instanceof RunNotBegun) return deps.putBack([entry], error);
    if (error instanceof ReplicaDied) deps.suspects.accuse([entry], error.how);
    entry.reject(toModelFailed(error));
  }
}

function concatInputs(batch: readonly Entry[]): readonly Tensor[] {
  return batch[0]!.inputs.map((_, i) => concatRows(batch.map((entry) => entry.inputs[i]!)));
}

export function haveRows(outputs: readonly Tensor[], rows: number): boolean {
  for (const { shape } of outputs) if (shape[0] !== rows) return false;
  return true;
}

/** The replica is gone or late: a run of each member alone would fare no better, and take long. */
function isNotTheInput(error: unknown): boolean {
  return SlipwayError.is(error) && ["unavailable", "deadline", "cancelled"].includes(error.kind);
}

function toModelFailed(error: unknown): SlipwayError {
  if (SlipwayError.is(error)) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new SlipwayError("model_failed", `The model failed: ${message}`, {}, error);
}

function microseconds(milliseconds: number): number {
  return Math.round(Math.max(0, milliseconds) * 1000);
}
