import { SlipwayError } from "@slipway/contract/errors";
import { quote } from "../codec/elements.ts";
import { createData, elementCount, isBytesData, numberAt } from "../datatype.ts";
import type { OutputSpec, Signature } from "../signature.ts";
import type { Tensor, TensorData } from "../tensor.ts";
import type { OnnxAdapter } from "./adapter.ts";

/** What a translated file gives, as the original gives it. The function throws `model_failed` where it cannot be. */
export function createOutputAdapter(signature: Signature, adapter: OnnxAdapter) {
  const places = adapter.outputs.map(({ from }) => adapter.inner.outputs.findIndex(({ name }) => name === from));
  return (outputs: readonly Tensor[]): readonly Tensor[] =>
    signature.outputs.map((spec, i) => {
      const tensor = outputs[places[i] ?? -1];
      if (tensor === undefined)
        throw new SlipwayError("model_failed", `The translated model gave no output ${quote(spec.name)}.`);
      const { column } = adapter.outputs[i]!;
      return toOutput(spec, column === undefined ? tensor : takeColumn(tensor, column));
    });
}

function takeColumn({ name, datatype, shape, data }: Tensor, column: number): Tensor {
  const rows = shape[0]!;
  const width = elementCount(shape.slice(1));
  const taken = createData(datatype, rows) as unknown[];
  for (let row = 0; row < rows; row++) taken[row] = data[row * width + column];
  return { name, datatype, shape: [rows], data: taken as unknown as TensorData };
}

function toOutput(spec: OutputSpec, tensor: Tensor): Tensor {
  const data = tensor.datatype === spec.datatype ? tensor.data : convert(spec, tensor);
  return { name: spec.name, datatype: spec.datatype, shape: toShape(spec, tensor), data };
}

/** [N] and [N, 1] hold the same. */
function toShape(spec: OutputSpec, { shape, data }: Tensor): readonly number[] {
  const rows = shape[0] ?? 1;
  if (data.length !== rows) return shape;
  return spec.shape.length === 2 ? [rows, 1] : [rows];
}

function convert({ name, datatype }: OutputSpec, tensor: Tensor): TensorData {
  const count = tensor.data.length;
  const data = createData(datatype, count);
  if (datatype === "BYTES" || isBytesData(tensor.data))
    throw new SlipwayError("model_failed", `Output ${quote(name)} came as ${tensor.datatype}, not as ${datatype}.`);
  const isWide = datatype === "INT64" || datatype === "UINT64";
  const target = data as unknown as Record<number, number | bigint>;
  for (let i = 0; i < count; i++) target[i] = isWide ? toBig(tensor, i) : numberAt(tensor, i);
  return data;
}

function toBig(tensor: Tensor, index: number): bigint {
  const value = tensor.data[index];
  return typeof value === "bigint" ? value : BigInt(Math.round(numberAt(tensor, index)));
}
