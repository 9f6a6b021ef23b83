import {
  compareTensors,
  elementCount,
  isFloat,
  numberAt,
  type Comparison,
  type OutputSpec,
  type Signature,
  type Tensor,
  type Tolerance,
} from "@slipway/runtime";

export type Verdict = "identical" | "within" | "different";

/** One output of one row, on record and as it is now. */
export interface RowComparison extends Comparison {
  readonly verdict: Verdict;
  /** The largest |got - expected|; null for what is no number, or not finite on a side. */
  readonly maxDifference: number | null;
}

/** The rows of a tensor whose first dimension is the rows; else all of it. */
export function toRow(tensor: Tensor, { rows, row }: { readonly rows: number; readonly row: number }): Tensor {
  if (tensor.shape[0] !== rows) return tensor;
  const shape = tensor.shape.slice(1);
  const width = elementCount(shape);
  const data = tensor.data.slice(row * width, (row + 1) * width);
  return { name: tensor.name, datatype: tensor.datatype, shape, data };
}

/** [1] and [] hold one value a row alike, and floats of two widths are compared as numbers. */
export function compareRow(expected: Tensor, got: Tensor, tolerance: Tolerance): RowComparison {
  const [a, b] = [flat(expected), flat(got)];
  const mixed = a.datatype !== b.datatype && isFloat(a.datatype) && isFloat(b.datatype);
  const comparison = mixed
    ? { ...compareTensors(toDoubles(a), toDoubles(b), tolerance), maxUlps: null }
    : compareTensors(a, b, tolerance);
  const { identical, within } = comparison;
  return {
    ...comparison,
    verdict: identical ? "identical" : within ? "within" : "different",
    maxDifference: identical ? 0 : largestDifference(a, b),
  };
}

function flat(tensor: Tensor): Tensor {
  return { ...tensor, shape: [tensor.data.length] };
}

function toDoubles(tensor: Tensor): Tensor {
  const data = Float64Array.from({ length: tensor.data.length }, (_, index) => numberAt(tensor, index));
  return { ...tensor, datatype: "FP64", data };
}

function largestDifference(a: Tensor, b: Tensor): number | null {
  if ([a, b].some(({ datatype }) => datatype === "BYTES" || datatype === "BOOL")) return null;
  if (a.data.length !== b.data.length) return null;
  let largest = 0;
  for (let i = 0; i < a.data.length; i++) {
    const [x, y] = [numberAt(a, i), numberAt(b, i)];
    if (Object.is(x, y)) continue;
    const difference = Math.abs(x - y);
    if (!Number.isFinite(difference)) return null;
    largest = Math.max(largest, difference);
  }
  return largest;
}

/** Why the outputs of one name of two versions mean different things; null: they can be compared. */
export function findMismatch(
  name: string,
  { recorded, target }: { readonly recorded: Signature | null; readonly target: Signature },
): string | null {
  const before = recorded?.outputs.find((output) => output.name === name);
  const now = target.outputs.find((output) => output.name === name);
  if (recorded !== null && !before) return "is not an output of the version on record";
  if (!now) return "is not an output of the version that ran";
  if (!before) return null;
  const [had, has] = [classesOf(before), classesOf(now)];
  if (had !== has) return `has the classes ${has ?? "(none)"}, on record ${had ?? "(none)"}`;
  const bothFloat = isFloat(before.datatype) && isFloat(now.datatype);
  return before.datatype === now.datatype || bothFloat ? null : `is ${now.datatype}, on record ${before.datatype}`;
}

function classesOf({ classes }: OutputSpec): string | null {
  return classes ? classes.join(", ") : null;
}
