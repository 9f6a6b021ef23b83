import { fromHalfBits, isMissingText, unpackColumns, type Signature, type Tensor } from "@slipway/runtime";
import type { Columns, Value } from "./pairs.ts";

/** Inputs with one value a row, by their names; a matrix is taken apart. */
export function toInputColumns(signature: Signature, tensors: readonly Tensor[], rows: number): Columns {
  const found: Record<string, readonly Value[]> = {};
  for (const tensor of unpackColumns(signature, tensors))
    if (tensor.data.length === rows)
      found[tensor.name] = Array.from({ length: rows }, (_, row) => valueAt(tensor, row));
  return found;
}

function valueAt({ data, datatype }: Tensor, at: number): Value {
  const value = data[at];
  if (value === undefined || isMissingText(value)) return null;
  if (typeof value === "object") return Buffer.from(value).toString("utf8");
  if (typeof value === "string") return value;
  if (datatype === "BOOL") return Number(value) === 1;
  const number = datatype === "FP16" ? fromHalfBits(Number(value)) : Number(value);
  return Number.isNaN(number) ? null : number;
}
