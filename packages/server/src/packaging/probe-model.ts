import { SlipwayError } from "@slipway/contract";
import { onnxProbeModule, type ProbeReport, type ProbeRequest } from "@slipway/runtime";
import type { ChildLimits, ChildOutcome, ChildRunner } from "../platform/process/index.ts";

export interface ProbeTask {
  readonly request: ProbeRequest;
  readonly limits: ChildLimits;
  readonly signal?: AbortSignal;
  /** Told of each stage, as a sentence. */
  readonly onProgress?: (message: string) => void;
}

const stages: Readonly<Record<string, string>> = {
  reading: "reading the file",
  opening: "opening the model",
  running: "trying it out",
};

/**
 * Opens a file that nobody vouches for in a process that may be lost, and reports what it is.
 * @throws SlipwayError `invalid_model`, `cancelled`
 */
export async function probeModel(children: ChildRunner, task: ProbeTask): Promise<ProbeReport> {
  let stage = "starting";
  const outcome = await children.run({
    module: onnxProbeModule,
    input: task.request,
    limits: task.limits,
    ...(task.signal === undefined ? {} : { signal: task.signal }),
    onProgress: (progress) => {
      stage = stages[String(progress)] ?? String(progress);
      task.onProgress?.(stage);
    },
  });
  if (outcome.kind === "result") return outcome.result as ProbeReport;
  throw toError(outcome, stage, task.request.path);
}

function toError(outcome: Exclude<ChildOutcome, { kind: "result" }>, stage: string, file: string): Error {
  const invalid = (message: string, details: object = {}) =>
    new SlipwayError("invalid_model", message, { file, stage, ...details });
  switch (outcome.kind) {
    case "error":
      return outcome.error;
    case "cancelled":
      return new SlipwayError("cancelled", `Looking at ${file} was cancelled.`, { file });
    case "time_limit":
      return invalid(
        `${file} was given up after ${outcome.timeMs / 1000} s while ${stage}. Make the model faster, or raise the time that a probe may take.`,
        { limit_ms: outcome.timeMs },
      );
    case "memory_limit":
      return invalid(
        `${file} took more than ${Math.round(outcome.memoryBytes / 2 ** 20)} MiB of memory while ${stage}. Make the model smaller, or raise the memory that a probe may take.`,
        { limit_bytes: outcome.memoryBytes },
      );
    case "crash":
      return invalid(
        `ONNX Runtime crashed (${outcome.signal}) while ${stage} of ${file}; the server is unharmed. Export the model again, with standard operators.`,
        { signal: outcome.signal, stderr: outcome.stderr },
      );
    case "exit":
      return invalid(`The process that looked at ${file} ended with code ${outcome.code} while ${stage}.`, {
        exit_code: outcome.code,
        stderr: outcome.stderr,
      });
  }
}
