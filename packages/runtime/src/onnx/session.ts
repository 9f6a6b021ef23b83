import { SlipwayError } from "@slipway/contract/errors";
import { basename } from "node:path";
import type { InferenceSession, OnnxValue, Tensor as OrtTensor } from "onnxruntime-node";
import type { BytesData, NumericData, Tensor, TensorData } from "../tensor.ts";
import {
  fromOrtType,
  loadOrt,
  sessionOptions,
  toOpenError,
  toOrtType,
  toRunError,
  type Ort,
  type SessionSettings,
} from "./ort.ts";

/** An input or output as ONNX Runtime sees it: a symbol stands for a dimension of any size. */
export type ValueMetadata = InferenceSession.ValueMetadata;

export interface OnnxSession {
  readonly inputs: readonly ValueMetadata[];
  readonly outputs: readonly ValueMetadata[];
  /**
   * The named outputs, in that order. Blocks the calling thread while the model runs.
   * The inputs' memory is only read, and only until this resolves; the outputs are new.
   * @throws SlipwayError `model_failed`, or `invalid_input` for bytes that are no text
   */
  run(inputs: readonly Tensor[], outputs: readonly string[]): Promise<readonly Tensor[]>;
  /** Frees the native memory. Later runs fail; a second release does nothing. */
  release(): Promise<void>;
}

/** @throws SlipwayError `invalid_model`, or `precondition_failed` where there is no such device */
export async function openSession(path: string, settings: SessionSettings): Promise<OnnxSession> {
  const ort = await loadOrt();
  const session = await ort.InferenceSession.create(path, sessionOptions(settings)).catch((error: unknown) => {
    throw toOpenError(error, basename(path));
  });
  let released = false;
  return {
    inputs: session.inputMetadata,
    outputs: session.outputMetadata,
    async run(inputs, outputs) {
      if (released) throw new SlipwayError("not_ready", "This copy of the model is closed.");
      try {
        const feeds: Record<string, OnnxValue> = {};
        for (const tensor of inputs) feeds[tensor.name] = toOrtTensor(ort, tensor);
        const results = await session.run(feeds, outputs);
        return outputs.map((name) => fromOrtTensor(name, results[name]!));
      } catch (error) {
        throw toRunError(error);
      }
    },
    async release() {
      if (released) return;
      released = true;
      await session.release();
    },
  };
}

function toOrtTensor(ort: Ort, tensor: Tensor): OrtTensor {
  const { datatype, shape } = tensor;
  if (datatype === "BYTES") return new ort.Tensor("string", toStrings(tensor.name, tensor.data as BytesData), shape);
  if (datatype === "FP16") {
    // The class would make this a Float16Array, whose bytes the native library (1.30) takes for nothing.
    const half = { type: "float16", dims: shape, data: tensor.data, location: "cpu" };
    return half as unknown as OrtTensor;
  }
  return new ort.Tensor(toOrtType(datatype), unshared(tensor.data as NumericData) as never, shape);
}

/** ONNX Runtime refuses memory that threads share. */
function unshared(data: NumericData): NumericData {
  return data.buffer instanceof SharedArrayBuffer ? data.slice() : data;
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

function toStrings(name: string, data: BytesData): string[] {
  return data.map((element) => {
    const text = typeof element === "string" ? element : toText(name, element);
    // The native library takes what stands before it for the whole.
    if (text.includes("\0")) throw unfit(name, "a NUL character");
    return text;
  });
}

function toText(name: string, bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw unfit(name, "bytes that are not UTF-8");
  }
}

function unfit(name: string, what: string): SlipwayError {
  const message = `Input ${JSON.stringify(name)} takes text, and this model cannot take ${what}. Leave it out of the value.`;
  return new SlipwayError("invalid_input", message, { input: name });
}

function fromOrtTensor(name: string, tensor: OnnxValue): Tensor {
  const datatype = fromOrtType(tensor.type);
  if (datatype === null)
    throw new SlipwayError(
      "model_failed",
      `Output ${JSON.stringify(name)} has the type ${tensor.type}, which cannot be sent.`,
    );
  const shape = tensor.dims.slice();
  return { name, datatype, shape, data: toData(tensor.data) };
}

/** FP16 comes as a Float16Array; its bit patterns are what a tensor holds. */
function toData(data: ArrayBufferView | readonly string[]): TensorData {
  if (ArrayBuffer.isView(data) && data.constructor.name === "Float16Array")
    return new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2);
  return data as TensorData;
}
