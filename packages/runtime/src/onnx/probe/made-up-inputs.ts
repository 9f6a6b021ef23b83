import { createData, elementCount, toHalfBits } from "../../datatype.ts";
import type { InputSpec } from "../../signature.ts";
import type { Datatype, NumericData, Tensor } from "../../tensor.ts";
import type { ProbeRequest, Range } from "./report.ts";

export type Hints = Pick<ProbeRequest, "ranges" | "columnRanges">;

/** There are three made-up rows; this says which of them a batch holds. */
export type Row = 0 | 1 | 2;
export const madeUpRows: readonly Row[] = [0, 1, 2];

const words = ["a", "b", "c"];
const moments = ["2026-01-01T00:00:00", "2026-02-01T12:00:00", "2026-03-01T18:30:00"];

/**
 * Inputs that nobody sent. Row 0 holds the middle of each range, or zeros and "a"; row 1 the lowest value, or ones and "b";
 * row 2 the highest, or twos and "c". The rows go along the first dimension of the inputs that leave it open; every
 * other open dimension is 1.
 */
export function makeInputs(specs: readonly InputSpec[], rows: readonly Row[], hints: Hints): Tensor[] {
  return specs.map((spec) => {
    const own = hints.ranges[spec.name];
    return makeInput(spec, rows, own !== undefined ? [own] : specs.length === 1 ? hints.columnRanges : []);
  });
}

/** Element i of a row is in range i modulo the number of ranges. */
function makeInput(spec: InputSpec, rows: readonly Row[], ranges: readonly (Range | null)[]): Tensor {
  const { name, datatype } = spec;
  const shape = spec.shape.map((size, dimension) => (size !== -1 ? size : dimension === 0 ? rows.length : 1));
  const count = elementCount(shape);
  const width = spec.shape[0] === -1 ? count / rows.length : count;
  const rowOf = (element: number) => rows[Math.floor(element / width)] ?? 0;
  if (datatype === "BYTES") {
    const texts = spec.categories ?? (spec.format === undefined ? words : moments);
    return { name, datatype, shape, data: Array.from({ length: count }, (_, i) => texts[rowOf(i) % texts.length]!) };
  }
  const data = createData(datatype, count) as NumericData;
  for (let i = 0; i < count; i++) {
    const range = ranges[(i % width) % ranges.length];
    const row = rowOf(i);
    const value = range === null || range === undefined ? row : [(range[0] + range[1]) / 2, ...range][row]!;
    (data as { [index: number]: number | bigint })[i] = toElement(datatype, value);
  }
  return { name, datatype, shape, data };
}

function toElement(datatype: Datatype, value: number): number | bigint {
  switch (datatype) {
    case "BOOL":
      return value === 0 ? 0 : 1;
    case "INT64":
    case "UINT64":
      return BigInt(Math.trunc(value));
    case "FP16":
      return toHalfBits(value);
    case "FP32":
    case "FP64":
      return value;
    default:
      return Math.trunc(value);
  }
}
