import { fromHalfBits, isMissingText, type Signature, type Tensor } from "@slipway/runtime";
import { toColumns } from "../../predictions/index.ts";

type Value = number | string | null;

/** What outputs of a run become in the lake, by the names of its columns: those with one value a row. */
export function toOutputColumns(
  signature: Signature,
  tensors: readonly Tensor[],
  rows: number,
): Record<string, readonly Value[]> {
  const { columns, tensors: planned } = toColumns(signature);
  const found: Record<string, readonly Value[]> = {};
  for (const { side, form, tensor: name, at, classes } of planned) {
    const tensor = tensors.find((each) => each.name === name);
    const column = columns[at];
    if (side !== "output" || tensor === undefined || column === undefined || column.list === true) continue;
    const width = tensor.data.length / rows;
    const value = (row: number, i = 0) => valueAt(tensor, row * width + i);
    const list = (make: (row: number) => Value) => Array.from({ length: rows }, (_, row) => make(row));
    if (form === "value") found[column.name] = list((row) => value(row));
    else if (form === "index") found[column.name] = list((row) => classes[Number(value(row))] ?? null);
    else {
      const isBinary = form === "binary";
      const share = (row: number, k: number) =>
        isBinary ? (k === 1 ? Number(value(row)) : 1 - Number(value(row))) : Number(value(row, k));
      found[column.name] = list((row) => {
        if (isBinary) return classes[share(row, 1) > 0.5 ? 1 : 0] ?? null;
        const shares = classes.map((_, k) => share(row, k));
        return classes[shares.indexOf(Math.max(...shares))] ?? null;
      });
      for (const k of classes.keys()) found[columns[at + 1 + k]!.name] = list((row) => share(row, k));
    }
  }
  return found;
}

function valueAt({ data, datatype }: Tensor, at: number): Value {
  const value = data[at];
  if (value === undefined || isMissingText(value)) return null;
  if (typeof value === "object") return Buffer.from(value).toString("utf8");
  if (typeof value === "bigint") return Number(value);
  if (typeof value === "string") return value;
  if (datatype === "BOOL") return value === 1 ? "true" : "false";
  return datatype === "FP16" ? fromHalfBits(value) : value;
}
