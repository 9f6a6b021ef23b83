import { SlipwayError } from "@slipway/contract/errors";
import { quote } from "../codec/elements.ts";
import { createData, isBytesData, numberAt, toHalfBits } from "../datatype.ts";
import type { InputSpec, Signature } from "../signature.ts";
import { isMissingText, type Datatype, type Tensor, type TensorData } from "../tensor.ts";
import type { OnnxAdapter } from "./adapter.ts";
import { toColumns, type Column } from "./adapter-columns.ts";
import { createRefusals } from "./adapter-refusals.ts";

/**
 * What the original takes, as the translated file takes it. The function throws `invalid_input` on values that the original
 * refuses; it only reads its tensors.
 */
export function createInputAdapter(signature: Signature, adapter: OnnxAdapter) {
  const requireTaken = createRefusals(signature, adapter);
  const { inner, inputs, missingText } = adapter;
  const isMatrix = signature.packed !== null && inner.inputs.length === 1 && isWhole(signature, inputs[0]!.columns);
  return (tensors: readonly Tensor[]): readonly Tensor[] => {
    const columns = toColumns(signature, tensors);
    for (let i = 0; i < columns.length; i++) requireTaken(i, columns[i]!);
    if (isMatrix) return [recast(tensors[0]!, inner.inputs[0]!)];
    return inner.inputs.map((spec, i) =>
      toInput(
        spec,
        inputs[i]!.columns.map((at) => columns[at]!),
        missingText,
      ),
    );
  };
}

/** All columns, in their order. */
function isWhole(signature: Signature, columns: readonly number[]): boolean {
  return columns.length === signature.inputs.length && columns.every((at, i) => at === i);
}

/** The whole matrix in another precision, and under another name. */
function recast(tensor: Tensor, { name, datatype }: InputSpec): Tensor {
  if (tensor.datatype === datatype) return { ...tensor, name };
  const { shape, data } = tensor;
  if (datatype === "FP32" && tensor.datatype === "FP64")
    return { name, datatype, shape, data: new Float32Array(data as Float64Array) };
  const held = createData(datatype, data.length);
  for (let i = 0; i < data.length; i++) put(held, i, { datatype, tensor, at: i });
  return { name, datatype, shape, data: held };
}

function toInput({ name, datatype, shape }: InputSpec, columns: readonly Column[], missingText: string | null): Tensor {
  const [first] = columns;
  const rows = first === undefined ? 0 : first.tensor.data.length / first.stride;
  const width = columns.length;
  const data = createData(datatype, rows * width);
  for (let c = 0; c < width; c++) {
    const { tensor, offset, stride, spec } = columns[c]!;
    if (datatype === "BYTES" && !isBytesData(tensor.data))
      throw new SlipwayError("invalid_input", `Input ${quote(spec.name)} is no text.`, { input: spec.name });
    for (let row = 0; row < rows; row++) {
      const at = offset + row * stride;
      if (datatype !== "BYTES") put(data, row * width + c, { datatype, tensor, at });
      else (data as unknown[])[row * width + c] = toText(tensor, at, missingText);
    }
  }
  return { name, datatype, shape: shape.length === 1 ? [rows] : [rows, width], data };
}

/** Element `at` as an array of `datatype` holds it. */
function put(
  data: TensorData,
  to: number,
  { datatype, tensor, at }: { datatype: Datatype; tensor: Tensor; at: number },
) {
  const target = data as unknown as Record<number, unknown>;
  if (tensor.datatype === datatype) target[to] = tensor.data[at];
  else if (datatype === "INT64" || datatype === "UINT64") {
    const value = tensor.data[at];
    target[to] = typeof value === "bigint" ? value : BigInt(Math.round(numberAt(tensor, at)));
  } else if (datatype === "FP16") target[to] = toHalfBits(numberAt(tensor, at));
  else target[to] = numberAt(tensor, at);
}

function toText({ data, name }: Tensor, at: number, missingText: string | null): string | Uint8Array {
  const element = data[at] as string | Uint8Array;
  if (!isMissingText(element)) return element;
  if (missingText !== null) return missingText;
  throw new SlipwayError("invalid_input", `Input ${quote(name)} lacks a text. Send one.`, { input: name });
}
