import { canConcat, concatRows, sliceRows } from "../datatype.ts";
import type { Tensor } from "../tensor.ts";
import { haveRows, type BatchResult } from "./batch-run.ts";

export interface Part {
  readonly inputs: readonly Tensor[];
  readonly rows: number;
}

/** Cuts a request of many rows, so that no run is larger than `maxRows` and others get their turns between the parts. */
export function cutRows(inputs: readonly Tensor[], rows: number, maxRows: number): Part[] {
  const parts: Part[] = [];
  // Equal parts: a last one of a few rows would cost nearly as much as a full one.
  const size = Math.ceil(rows / Math.ceil(rows / maxRows));
  for (let from = 0; from < rows; from += size) {
    const to = Math.min(rows, from + size);
    parts.push({ inputs: inputs.map((input) => sliceRows(input, from, to)), rows: to - from });
  }
  return parts;
}

/**
 * The answers of all parts as one, in their order; null where they do not go together: the model's rows cannot be cut. Where one
 * part fails, the others leave the queue.
 */
export async function submitTogether(
  parts: readonly Part[],
  signal: AbortSignal | undefined,
  submit: (part: Part, signal: AbortSignal) => Promise<BatchResult>,
): Promise<BatchResult | null> {
  const rest = new AbortController();
  const both = signal ? AbortSignal.any([signal, rest.signal]) : rest.signal;
  try {
    return joinResults(parts, await Promise.all(parts.map((part) => submit(part, both))));
  } catch (error) {
    rest.abort(error);
    throw error;
  }
}

function joinResults(parts: readonly Part[], results: readonly BatchResult[]): BatchResult | null {
  const first = results[0]!;
  for (const [i, { outputs }] of results.entries()) {
    const fits =
      haveRows(outputs, parts[i]!.rows) && outputs.every((output, k) => canConcat(first.outputs[k]!, output));
    if (!fits) return null;
  }
  return {
    outputs: first.outputs.map((_, k) => concatRows(results.map(({ outputs }) => outputs[k]!))),
    batchRows: Math.max(...results.map(({ batchRows }) => batchRows)),
    queueUs: first.queueUs,
    runUs: results.reduce((sum, { runUs }) => sum + runUs, 0),
  };
}
