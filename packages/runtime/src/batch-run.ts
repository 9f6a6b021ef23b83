import { SlipwayError } from "@slipway/contract/errors";
import { abortReason } from "./batch-queue.ts";
import type { BatchEntry } from "./batch-queue.ts";
import { canConcat, concatRows, sliceRows } from "./datatype.ts";
import type { Replica } from "./runtime.ts";
import type { Tensor } from "./tensor.ts";

export interface BatchResult {
  /** Rows of this request only, as views of the run's outputs. */
  readonly outputs: readonly Tensor[];
  /** Rows of the run that this request was part of; of its largest run where it was cut. */
  readonly batchRows: number;
  readonly queueUs: number;
  readonly runUs: number;
}

type Entry = BatchEntry<BatchResult>;

export interface BatchRunner {
  readonly replica: Replica;
  readonly maxRows: number;
  readonly monotonic: () => number;
  readonly defer: (task: () => void) => void;
  /** Whether rows of several requests may share a run. Set to false here once outputs do not have a run's rows. */
  batchable: boolean;
}

/** Runs all of the batch and settles every entry. Never rejects. */
export function runBatch(runner: BatchRunner, batch: readonly Entry[]): Promise<void> {
  return batch.length === 1 ? runAlone(runner, batch[0]!) : runTogether(runner, batch);
}

async function runTogether(runner: BatchRunner, batch: readonly Entry[]): Promise<void> {
  const startedAt = runner.monotonic();
  let batchRows = 0;
  for (const entry of batch) batchRows += entry.rows;
  let outputs: readonly Tensor[] | null = null;
  try {
    outputs = await runner.replica.run(concatInputs(batch));
  } catch (error) {
    if (isNotTheInput(error)) {
      for (const entry of batch) entry.reject(error);
      return;
    }
  }
  if (outputs !== null && !haveRows(outputs, batchRows)) {
    runner.batchable = false;
    outputs = null;
  }
  if (outputs === null) {
    // One input that the model cannot bear, or a batch that it cannot: every member gets a run of its own.
    for (const entry of batch) await runAlone(runner, entry);
    return;
  }
  const runUs = microseconds(runner.monotonic() - startedAt);
  let from = 0;
  for (const entry of batch) {
    const to = from + entry.rows;
    const own: Tensor[] = new Array(outputs.length);
    for (let i = 0; i < outputs.length; i++) own[i] = sliceRows(outputs[i]!, from, to);
    from = to;
    entry.resolve({ outputs: own, batchRows, queueUs: microseconds(startedAt - entry.submittedAt), runUs });
  }
}

async function runAlone(runner: BatchRunner, entry: Entry): Promise<void> {
  const { replica, maxRows, monotonic } = runner;
  const startedAt = monotonic();
  try {
    if (entry.signal?.aborted) throw abortReason(entry.signal);
    const cut = runner.batchable && entry.rows > maxRows ? await runInParts(runner, entry) : null;
    const outputs = cut ?? (await replica.run(entry.inputs));
    entry.resolve({
      outputs,
      batchRows: cut === null ? entry.rows : maxRows,
      queueUs: microseconds(startedAt - entry.submittedAt),
      runUs: microseconds(monotonic() - startedAt),
    });
  } catch (error) {
    entry.reject(toModelFailed(error));
  }
}

/** Null where the outputs show that the model's rows cannot be cut. */
async function runInParts(runner: BatchRunner, { inputs, rows, signal }: Entry): Promise<readonly Tensor[] | null> {
  const { replica, maxRows, defer } = runner;
  const parts: (readonly Tensor[])[] = [];
  for (let from = 0; from < rows; from += maxRows) {
    if (from > 0) await new Promise<void>((resolve) => defer(resolve));
    if (signal?.aborted) throw abortReason(signal);
    const to = Math.min(rows, from + maxRows);
    const outputs = await replica.run(inputs.map((input) => sliceRows(input, from, to)));
    const fits =
      haveRows(outputs, to - from) && (parts[0] ?? outputs).every((first, i) => canConcat(first, outputs[i]!));
    if (!fits) {
      runner.batchable = false;
      return null;
    }
    parts.push(outputs);
  }
  return parts[0]!.map((_, i) => concatRows(parts.map((outputs) => outputs[i]!)));
}

function concatInputs(batch: readonly Entry[]): readonly Tensor[] {
  return batch[0]!.inputs.map((_, i) => concatRows(batch.map((entry) => entry.inputs[i]!)));
}

function haveRows(outputs: readonly Tensor[], rows: number): boolean {
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
  return Math.round(milliseconds * 1000);
}
