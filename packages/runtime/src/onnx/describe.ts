import { SlipwayError } from "@slipway/contract/errors";
import type { Signature } from "../signature.ts";
import type { Datatype } from "../tensor.ts";
import type { ModelProto, ValueInfo } from "./model-proto.ts";
import { fromOrtType } from "./ort.ts";
import type { ValueMetadata } from "./session.ts";

export const onnxPlatform = "onnx_onnxv1";

interface Port {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
}

/** TensorProto.DataType values that ONNX has and the Open Inference Protocol has not. */
const foreignTypes: Readonly<Record<number, string>> = {
  14: "complex64",
  15: "complex128",
  16: "bfloat16",
  17: "float8",
  18: "float8",
  19: "float8",
  20: "float8",
  21: "uint4",
  22: "int4",
  23: "float4",
  24: "float8",
  25: "uint2",
  26: "int2",
};

/**
 * What the file itself shows to be unservable, before ONNX Runtime opens it.
 * @throws SlipwayError `invalid_model`
 */
export function requireTensorPorts(model: ModelProto, file: string): void {
  for (const port of [...model.inputs, ...model.outputs]) {
    const side = model.inputs.includes(port) ? "input" : "output";
    const trouble = findTrouble(port);
    if (trouble === null) continue;
    throw new SlipwayError(
      "invalid_model",
      `${file} cannot be served: its ${side} ${JSON.stringify(port.name)} ${trouble}`,
      {
        file,
        [side]: port.name,
      },
    );
  }
}

const zipMapHint =
  "Where it comes from scikit-learn, export with the skl2onnx option options={'zipmap': False} (onnxmltools: zipmap=False).";

function findTrouble(port: ValueInfo): string | null {
  const foreign = foreignTypes[port.elementType];
  if (foreign !== undefined) return `has the type ${foreign}. Cast it to float32 inside of the model.`;
  // An output without a type gets it from ONNX Runtime's inference.
  if (port.kind === "tensor" || port.kind === "unknown") return null;
  return `is a ${port.kind}, and only plain tensors can be sent. ${zipMapHint}`;
}

/**
 * The signature that the opened file shows; -1 stands for a symbolic dimension. `batched` is a guess here, true where the
 * first dimension of every input and output is symbolic: only a run shows it.
 * @throws SlipwayError `invalid_model`
 */
export function describeSession(
  inputs: readonly ValueMetadata[],
  outputs: readonly ValueMetadata[],
  file: string,
): Signature {
  const ins = inputs.map((value) => toPort(value, file));
  const outs = outputs.map((value) => toPort(value, file));
  if (ins.length === 0 || outs.length === 0)
    throw new SlipwayError(
      "invalid_model",
      `${file} has no ${ins.length === 0 ? "inputs" : "outputs"}, so there is nothing to predict.`,
      { file },
    );
  return {
    inputs: ins.map((port) => ({ ...port, nullable: false })),
    outputs: outs,
    packed: null,
    batched: ins.every(isOpen) && outs.every((port) => port.shape.length === 0 || isOpen(port)),
  };
}

function isOpen(port: Port): boolean {
  return port.shape[0] === -1;
}

function toPort(value: ValueMetadata, file: string): Port {
  const name = JSON.stringify(value.name);
  if (!value.isTensor)
    throw new SlipwayError("invalid_model", `${file} cannot be served: ${name} is no plain tensor. ${zipMapHint}`, {
      file,
    });
  const datatype = fromOrtType(value.type);
  if (datatype === null)
    throw new SlipwayError(
      "invalid_model",
      `${file} cannot be served: ${name} has the type ${value.type}. Cast it to float32 inside of the model.`,
      { file },
    );
  return { name: value.name, datatype, shape: value.shape.map((size) => (typeof size === "number" ? size : -1)) };
}
