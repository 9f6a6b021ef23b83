import { SlipwayError, toManifestExamples, type ManifestExamples } from "@slipway/contract";
import { defaultTolerance, examplesFile, type Signature } from "@slipway/runtime";
import { join } from "node:path";
import { LakeError, type Lake } from "../../platform/lake/index.ts";
import type { ChildRunner } from "../../platform/process/index.ts";
import { exampleError } from "./example-error.ts";
import type { ExamplesRequest, PreparedExamples } from "./examples-task.ts";
import { formatOf } from "./read-examples.ts";

export interface PrepareRequest {
  /** Holds the files as they were packaged; the prepared examples are put into it, as `examplesFile`. */
  readonly folder: string;
  readonly said: string | ManifestExamples;
  readonly signature: Signature;
  readonly signal?: AbortSignal;
}

export interface PrepareDeps {
  readonly children: ChildRunner;
  /** Reads CSV and Parquet; null where only JSON is taken. */
  readonly lake: Lake | null;
}

const script = new URL(`./examples-task${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);
const limits = { timeMs: 60_000, memoryBytes: 2 ** 30, heapBytes: 2 ** 29 };

/** Reads `model.examples` for a signature and keeps them beside the model. @throws SlipwayError `invalid_file`, `cancelled` */
export async function prepareExamples(deps: PrepareDeps, request: PrepareRequest): Promise<PreparedExamples> {
  const { path, absolute, relative } = toManifestExamples(request.said);
  const input: ExamplesRequest = {
    source: { path: join(request.folder, path), file: path },
    signature: request.signature,
    tolerance: {
      absolute: absolute ?? defaultTolerance.absolute,
      relative: relative ?? defaultTolerance.relative,
    },
    target: join(request.folder, examplesFile),
  };
  const format = formatOf(path);
  const isTable = format === "csv" || format === "parquet";
  return isTable && deps.lake !== null
    ? readInLake(deps.lake, input, request.signal)
    : readInChild(deps.children, input, request.signal);
}

async function readInLake(lake: Lake, input: ExamplesRequest, signal?: AbortSignal): Promise<PreparedExamples> {
  try {
    return await lake.run<PreparedExamples>(
      { module: script, input },
      { timeoutMs: limits.timeMs, ...(signal && { signal }) },
    );
  } catch (error) {
    if (error instanceof LakeError) throw exampleError({ file: input.source.file }, error.message.replace(/\.$/, ""));
    throw error;
  }
}

async function readInChild(
  children: ChildRunner,
  input: ExamplesRequest,
  signal?: AbortSignal,
): Promise<PreparedExamples> {
  const { file } = input.source;
  const outcome = await children.run({ module: script, input, limits, ...(signal && { signal }) });
  if (outcome.kind === "result") return outcome.result as PreparedExamples;
  if (outcome.kind === "cancelled") throw new SlipwayError("cancelled", `Reading ${file} was cancelled.`, { file });
  if (outcome.kind === "error" && SlipwayError.is(outcome.error)) throw outcome.error;
  if (outcome.kind === "error") throw outcome.error;
  throw exampleError({ file }, `they could not be read: the process that did it ended (${outcome.kind})`);
}
