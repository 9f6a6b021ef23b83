import type { InputSpec } from "@slipway/runtime";
import { join } from "node:path";
import type { PrepareDeps } from "./prepare-examples.ts";
import { formatOf } from "./read-examples.ts";

export interface InputsRequest {
  readonly folder: string;
  /** Examples or data, below the folder. */
  readonly file: string;
  readonly inputs: readonly InputSpec[];
  readonly rows: number;
  readonly signal?: AbortSignal;
}

const script = new URL(`./inputs-task${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);
const limits = { timeMs: 60_000, memoryBytes: 2 ** 30, heapBytes: 2 ** 29 };

/** What the first rows of a file hold for the inputs of a model whose outputs nobody knows yet; none where it cannot be read. */
export async function readInputs(
  deps: PrepareDeps,
  request: InputsRequest,
): Promise<readonly Record<string, unknown>[]> {
  const { folder, file, inputs, rows, signal } = request;
  const format = formatOf(file);
  const input = { source: { path: join(folder, file), file }, inputs, rows };
  const task = { module: script, input };
  const options = { ...(signal && { signal }) };
  if ((format === "csv" || format === "parquet") && deps.lake !== null)
    return deps.lake.run(task, { timeoutMs: limits.timeMs, ...options });
  const outcome = await deps.children.run({ ...task, limits, ...options });
  if (outcome.kind === "result") return outcome.result as Record<string, unknown>[];
  if (outcome.kind === "error") throw outcome.error;
  return [];
}
