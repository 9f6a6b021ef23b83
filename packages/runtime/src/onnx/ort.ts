import { SlipwayError } from "@slipway/contract/errors";
import type { InferenceSession } from "onnxruntime-node";
import type { Device } from "../runtime.ts";
import type { Datatype } from "../tensor.ts";

export type Ort = typeof import("onnxruntime-node");

let loading: Promise<Ort> | undefined;

/** The native library, loaded when the first model needs it: it costs tens of milliseconds and 20 MB. */
export function loadOrt(): Promise<Ort> {
  loading ??= import("onnxruntime-node").then((module) => {
    // Everything it would print arrives as an error too; its own lines would break structured logs.
    module.env.logLevel = "fatal";
    return module;
  });
  return loading;
}

export interface SessionSettings {
  /** Of one run. */
  readonly threads: number;
  /** Left out: the CPU. */
  readonly device?: Device;
}

/** One thread a session and no spinning: the placements decide what runs beside what. */
export function sessionOptions({ threads, device = "cpu" }: SessionSettings): InferenceSession.SessionOptions {
  return {
    executionProviders: [device],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: "sequential",
    logSeverityLevel: 4,
    extra: { session: { intra_op: { allow_spinning: "0" }, inter_op: { allow_spinning: "0" } } },
  };
}

const ortTypes = {
  BOOL: "bool",
  UINT8: "uint8",
  UINT16: "uint16",
  UINT32: "uint32",
  UINT64: "uint64",
  INT8: "int8",
  INT16: "int16",
  INT32: "int32",
  INT64: "int64",
  FP16: "float16",
  FP32: "float32",
  FP64: "float64",
  BYTES: "string",
} as const satisfies Record<Datatype, string>;
export type OrtType = (typeof ortTypes)[Datatype];

const datatypesByOrtType: ReadonlyMap<string, Datatype> = new Map(
  Object.entries(ortTypes).map(([datatype, type]) => [type, datatype as Datatype]),
);

export function toOrtType(datatype: Datatype): OrtType {
  return ortTypes[datatype];
}

/** Null for types that no protocol of Slipway has, such as int4. */
export function fromOrtType(type: string): Datatype | null {
  return datatypesByOrtType.get(type) ?? null;
}

/** What ONNX Runtime says when it opens a file, for the person who made that file. */
export function toOpenError(error: unknown, file: string): SlipwayError {
  const message = tidy(error);
  if (/ExecutionProvider_Cuda|CUDA (failure|error)|libcu|no CUDA-capable/i.test(message))
    return toCudaError(error, message);
  if (/Protobuf parsing failed|does not have a graph/.test(message))
    return new SlipwayError(
      "invalid_model",
      `${file} is not an ONNX file, or is cut off. Export and upload it again.`,
      { file },
      error,
    );
  if (/No opset import|not a registered function\/op|Could not find an implementation|NOT_IMPLEMENTED/.test(message))
    return new SlipwayError(
      "invalid_model",
      `${file} uses an operator that ONNX Runtime does not have: ${message}. Export the model with standard operators.`,
      { file },
      error,
    );
  return new SlipwayError("invalid_model", `ONNX Runtime cannot open ${file}: ${message}`, { file }, error);
}

function toCudaError(error: unknown, message: string): SlipwayError {
  const why = /Failed to load shared library/.test(message)
    ? "the CUDA libraries of ONNX Runtime, CUDA 12 or cuDNN 9 are not installed"
    : message;
  return new SlipwayError(
    "precondition_failed",
    `ONNX Runtime cannot compute on CUDA here: ${why}. Install what is missing, or leave serve.device at cpu.`,
    { device: "cuda" },
    error,
  );
}

export function toRunError(error: unknown): SlipwayError {
  if (SlipwayError.is(error)) return error;
  return new SlipwayError("model_failed", `The model failed on this input: ${tidy(error)}`, {}, error);
}

/** Without paths of the server, addresses in ONNX Runtime's sources and line breaks. */
function tidy(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message
    .replace(/^Load model from .*? failed:(Load model .*? failed\. )?/s, "")
    .replaceAll(/\/onnxruntime_src\/\S+ .*?\) (?=[A-Z])/gs, "")
    .replaceAll(/\s+/g, " ")
    .trim()
    .replace(/\.$/, "")
    .slice(0, 1000);
}
