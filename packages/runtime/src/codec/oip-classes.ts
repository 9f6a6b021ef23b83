import { numberAt } from "../datatype.ts";
import type { Tensor } from "../tensor.ts";

/**
 * The `count` highest values of each row as text `VALUE:INDEX`, or `VALUE:INDEX:CLASS`, the highest first: Triton's classification
 * extension. A row is all but the first dimension; a tensor of one dimension is one row, as it is in Triton.
 */
export function toTopClasses(tensor: Tensor, count: number, classes: readonly string[]): Tensor {
  const { name, shape, data } = tensor;
  const rows = shape.length > 1 ? shape[0]! : 1;
  const width = rows === 0 ? 0 : data.length / rows;
  const kept = Math.min(count, width);
  const texts: string[] = [];
  for (let row = 0; row < rows; row++) {
    const values = Array.from({ length: width }, (_, i) => numberAt(tensor, row * width + i));
    // NaN is below every number, and the first of equals comes first.
    const order = values.map((_, i) => i).toSorted((a, b) => rank(values[b]!) - rank(values[a]!) || a - b);
    for (const index of order.slice(0, kept)) {
      const label = classes[index];
      texts.push(`${toText(tensor, values[index]!)}:${index}${label === undefined ? "" : `:${label}`}`);
    }
  }
  return { name, datatype: "BYTES", shape: shape.length > 1 ? [rows, kept] : [kept], data: texts };
}

function rank(value: number): number {
  return Number.isNaN(value) ? -Number.MAX_VALUE : Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value));
}

/** Floats have six decimals, as C++ prints them. */
function toText({ datatype }: Tensor, value: number): string {
  return datatype.startsWith("FP") ? value.toFixed(6) : String(value);
}
