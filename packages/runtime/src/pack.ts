import { SlipwayError } from "@slipway/contract/errors";
import { quote } from "./codec/elements.ts";
import { createData, elementCount, fromHalfBits, numberAt, toHalfBits } from "./datatype.ts";
import type { InputSpec, Signature } from "./signature.ts";
import { missingText, type Datatype, type Tensor } from "./tensor.ts";
import { listNames, requireFillable, unknownInput, validateColumns, validateInput, wrongTensor } from "./validate.ts";

/** What a replica takes: the model's own tensors in order. `rows` is 1 where the model is not batched. */
export interface ResolvedInputs {
  readonly tensors: readonly Tensor[];
  readonly rows: number;
}

/**
 * Holds the tensors of a request to the signature: each named column, or the packed matrix itself, in any order.
 * A nullable input that is missing is all NaN. Throws `invalid_input` on an unknown, missing or doubled input, on a
 * wrong datatype, shape or value, and on inputs with different numbers of rows.
 */
export function resolveInputs(signature: Signature, tensors: readonly Tensor[]): ResolvedInputs {
  const { packed } = signature;
  const only = tensors.length === 1 ? tensors[0]! : null;
  if (packed !== null && only !== null && only.name === packed.tensor && !isColumnNamed(signature, only)) {
    return validateMatrix(signature, only);
  }
  const ordered = orderInputs(signature, tensors);
  let rows = -1;
  const columns: Tensor[] = [];
  for (let i = 0; i < ordered.length; i++) {
    const tensor = ordered[i];
    if (tensor === undefined) continue;
    const column = validateInput(signature.inputs[i]!, tensor, signature.batched);
    columns[i] = column;
    if (!signature.batched) continue;
    if (rows >= 0 && column.shape[0] !== rows) throw differentRows(column, rows);
    rows = column.shape[0]!;
  }
  if (rows === 0) throw noRows();
  if (!signature.batched) rows = 1;
  for (let i = 0; i < ordered.length; i++) columns[i] ??= emptyInput(signature.inputs[i]!, rows);
  return { tensors: packColumns(signature, columns), rows };
}

/**
 * The columns, in the order of the signature and each one value a row, as the one matrix [N, F] of a packed model;
 * of any other model the columns themselves. Values are converted to the datatype of the matrix.
 */
export function packColumns(signature: Signature, columns: readonly Tensor[]): readonly Tensor[] {
  const { packed } = signature;
  if (packed === null) return columns;
  const width = columns.length;
  const rows = columns[0]?.data.length ?? 0;
  const data = createData(packed.datatype, rows * width);
  for (let c = 0; c < width; c++)
    writeColumn({ data, datatype: packed.datatype, offset: c, stride: width }, columns[c]!);
  return [{ name: packed.tensor, datatype: packed.datatype, shape: [rows, width], data }];
}

/** The named columns of a packed model's matrix, for people; of any other model the tensors themselves. */
export function unpackColumns(signature: Signature, tensors: readonly Tensor[]): readonly Tensor[] {
  const matrix = tensors[0];
  if (signature.packed === null || matrix === undefined || tensors.length !== 1) return tensors;
  const width = signature.inputs.length;
  const rows = matrix.shape[0]!;
  return signature.inputs.map((spec, c) => {
    const data = createData(spec.datatype, rows) as unknown[];
    for (let r = 0; r < rows; r++) data[r] = convert(matrix, r * width + c, spec.datatype);
    const shape = spec.shape.length === 1 ? [rows] : [rows, 1];
    return { name: spec.name, datatype: spec.datatype, shape, data: data as Tensor["data"] & unknown[] };
  });
}

function writeColumn(
  target: { data: Tensor["data"]; datatype: Datatype; offset: number; stride: number },
  column: Tensor,
): void {
  const { datatype, offset, stride } = target;
  const data = target.data as unknown as Record<number, unknown>;
  const rows = column.data.length;
  if (column.datatype === datatype) {
    for (let r = 0; r < rows; r++) data[offset + r * stride] = column.data[r]!;
    return;
  }
  for (let r = 0; r < rows; r++) {
    const at = offset + r * stride;
    data[at] = convert(column, r, datatype);
    if (datatype === "FP64" || datatype === "BYTES") continue;
    const held = datatype === "FP16" ? fromHalfBits(data[at] as number) : Number(data[at]);
    if (Number.isFinite(numberAt(column, r)) && !Number.isFinite(held)) {
      throw wrongTensor(
        column.name,
        `element ${r} is ${String(column.data[r])}, which the model's ${datatype} cannot hold`,
        {},
      );
    }
  }
}

/** Element `index` as an array of `datatype` holds it. */
function convert(from: Tensor, index: number, datatype: Datatype): unknown {
  if (from.datatype === datatype || datatype === "BYTES") return from.data[index];
  const value = numberAt(from, index);
  if (datatype === "FP16") return toHalfBits(value);
  if (datatype === "INT64" || datatype === "UINT64") return BigInt(Math.round(value));
  return value;
}

function validateMatrix(signature: Signature, tensor: Tensor): ResolvedInputs {
  const width = signature.inputs.length;
  const { tensor: name, datatype } = signature.packed!;
  // Values are held to their columns below, where NaN may be allowed in some.
  const anyValue = { name, datatype, shape: [-1, width], nullable: true };
  const matrix = validateInput(anyValue, tensor, true);
  if (matrix.shape[0] === 0) throw noRows();
  validateColumns(signature.inputs, matrix);
  return { tensors: [matrix], rows: matrix.shape[0]! };
}

/** Where a column bears the name of the matrix, the shape decides which of the two was sent. */
function isColumnNamed(signature: Signature, tensor: Tensor): boolean {
  const column = signature.inputs.find((input) => input.name === tensor.name);
  if (column === undefined) return false;
  const isMatrix = tensor.shape.length === 2 && tensor.shape[1] === signature.inputs.length;
  return !isMatrix || (signature.inputs.length === 1 && tensor.datatype === column.datatype);
}

/** One place an input of the signature; undefined where a nullable one was not sent. */
function orderInputs(signature: Signature, tensors: readonly Tensor[]): readonly (Tensor | undefined)[] {
  const { inputs } = signature;
  let i = 0;
  while (i < inputs.length && i < tensors.length && inputs[i]!.name === tensors[i]!.name) i++;
  if (i === inputs.length && i === tensors.length) return tensors;
  const byName = new Map<string, Tensor>();
  for (const tensor of tensors) {
    if (byName.has(tensor.name)) throw wrongTensor(tensor.name, "is given twice; send it once", {});
    byName.set(tensor.name, tensor);
  }
  const ordered = inputs.map((spec) => byName.get(spec.name));
  if (ordered.reduce((sum, tensor) => sum + (tensor === undefined ? 0 : 1), 0) < byName.size) {
    const known = new Set(inputs.map((spec) => spec.name));
    for (const name of byName.keys()) if (!known.has(name)) throw unknownGiven(signature, name);
  }
  const missing = inputs.filter((spec, index) => ordered[index] === undefined && !canBeEmpty(signature, spec));
  if (missing.length > 0 || byName.size === 0) throw missingInputs(missing.map((spec) => spec.name));
  return ordered;
}

function canBeEmpty(signature: Signature, spec: InputSpec): boolean {
  return spec.nullable && signature.batched && !spec.shape.slice(1).includes(-1);
}

function emptyInput(spec: InputSpec, rows: number): Tensor {
  const shape = [rows, ...spec.shape.slice(1)];
  requireFillable(spec.name, elementCount(shape));
  const data = createData(spec.datatype, elementCount(shape));
  const nothing = spec.datatype === "BYTES" ? missingText : spec.datatype === "FP16" ? toHalfBits(NaN) : NaN;
  return {
    name: spec.name,
    datatype: spec.datatype,
    shape,
    data: (data as unknown[]).fill(nothing) as Tensor["data"] & unknown[],
  };
}

function unknownGiven(signature: Signature, name: string): SlipwayError {
  if (signature.packed?.tensor !== name) return unknownInput(signature, name);
  const why =
    "is the matrix of all columns and cannot be sent beside them; send either the matrix or the named columns";
  return wrongTensor(name, why, {});
}

function missingInputs(names: readonly string[]): SlipwayError {
  const what = names.length === 0 ? "Every input" : `Input ${listNames(names)}`;
  return new SlipwayError("invalid_input", `${what} is missing. Send every input that is not nullable.`, {
    inputs: names,
  });
}

function differentRows(column: Tensor, rows: number): SlipwayError {
  const message = `has ${column.shape[0]} rows, the inputs before it have ${rows}; all inputs need the same number of rows`;
  return new SlipwayError("invalid_input", `Input ${quote(column.name)} ${message}.`, {
    input: column.name,
    expected: rows,
    got: column.shape[0],
  });
}

function noRows(): SlipwayError {
  return new SlipwayError("invalid_input", "The request has no rows. Send at least one.", { expected: ">= 1", got: 0 });
}
