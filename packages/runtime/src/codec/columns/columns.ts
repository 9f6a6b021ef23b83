import { SlipwayError } from "@slipway/contract/errors";
import { createData, formatShape } from "../../datatype.ts";
import type { InputSpec, Signature } from "../../signature.ts";
import type { Tensor } from "../../tensor.ts";
import { listNames } from "../../validate.ts";
import { createRules, explainElement, quote, writeElements } from "../elements.ts";
import { checkNesting } from "../nesting.ts";
import type { Cast } from "./casts.ts";

/** Named columns as a protocol's face read them: each a value a row, or a whole nested tensor. */
export type Columns = ReadonlyMap<string, unknown>;

export interface ColumnRules {
  readonly cast: Cast;
  /** In a frame a row's value may be the flat list of what the shape nests. */
  readonly frame: boolean;
}

const maxRank = 32;

/**
 * The signature's inputs out of named columns; columns that are no input are left out, a nullable input may be missing
 * where it is not required.
 * Throws `invalid_input` on a missing input and on a shape that is not the model's, `invalid_request` on a value that cannot be
 * cast and on lists of different lengths. Ranges and rows are for `resolveInputs` to hold.
 */
export function columnsToTensors(signature: Signature, columns: Columns, rules: ColumnRules): Tensor[] {
  const missing = signature.inputs.filter((spec) => !columns.has(spec.name) && (!spec.nullable || spec.required));
  if (missing.length > 0) throw missingInputs(signature, missing, columns);
  return signature.inputs
    .filter((spec) => columns.has(spec.name))
    .map((spec) => toTensor(spec, columns.get(spec.name), { ...rules, batched: signature.batched }));
}

/** Whether a caller sees nothing but columns: one plain value a row in each of several inputs, or a matrix with named columns. */
export function isTabular({ packed, inputs }: Signature): boolean {
  return packed !== null || (inputs.length > 1 && inputs.every(({ shape }) => shape.length === 1));
}

function toTensor(spec: InputSpec, given: unknown, rules: ColumnRules & { readonly batched: boolean }): Tensor {
  const { name, datatype } = spec;
  const scalar = !Array.isArray(given);
  const value: readonly unknown[] = scalar ? [given] : given;
  const dims = sizesOf(value);
  const ragged = checkNesting(value, dims);
  if (ragged !== null) throw badValue(spec, `${ragged.path} ${ragged.message}; lists must be of equal lengths`);
  const flat: unknown[] = [];
  collect(value, dims.length, flat);
  for (let i = 0; i < flat.length; i++) flat[i] = rules.cast(flat[i], datatype);
  const element = createRules("oip", {
    datatype,
    nullable: spec.nullable,
    ...(spec.format && { format: spec.format }),
  });
  const data = createData(datatype, flat.length);
  const bad = writeElements(data, 0, flat, element);
  if (bad >= 0) {
    const { message, expected, got } = explainElement(flat[bad], element);
    const code = flat[bad] === null && datatype === "BYTES" ? "invalid_input" : "invalid_request";
    throw badValue(spec, `${placeOf(bad, dims)}: ${message}`, { code, expected, got });
  }
  return { name, datatype, shape: toShape(spec, dims, rules), data };
}

function toShape(
  spec: InputSpec,
  dims: readonly number[],
  { frame, batched }: { frame: boolean; batched: boolean },
): readonly number[] {
  const { shape } = spec;
  const inner = shape.slice(1);
  const width = dims[1];
  if (frame && dims.length === 2 && inner.length > 1 && width === inner.reduce((all, size) => all * size, 1))
    return [dims[0]!, ...inner];
  // One row of a model without a batch, whose own shape does not count rows.
  if (!batched && dims[0] === 1 && dims.length === shape.length + 1) return dims.slice(1);
  return dims;
}

/** The lengths of the lists along their first elements: what `checkNesting` then holds all of them to. */
export function sizesOf(value: unknown): number[] {
  const dims: number[] = [];
  let level = value;
  while (Array.isArray(level)) {
    dims.push(level.length);
    if (dims.length > maxRank) throw new SlipwayError("invalid_request", `Lists are nested more than ${maxRank} deep.`);
    level = level[0];
  }
  return dims;
}

function collect(value: readonly unknown[], depth: number, into: unknown[]): void {
  if (depth === 1) for (let i = 0; i < value.length; i++) into.push(value[i]);
  else for (let i = 0; i < value.length; i++) collect(value[i] as readonly unknown[], depth - 1, into);
}

/** `[2][0]` for element 8 of [3, 4]. */
function placeOf(index: number, dims: readonly number[]): string {
  let text = "";
  let rest = index;
  for (let i = dims.length - 1; i >= 0; i--) {
    text = `[${rest % dims[i]!}]${text}`;
    rest = Math.floor(rest / dims[i]!);
  }
  return text;
}

function badValue(
  spec: InputSpec,
  why: string,
  { code = "invalid_request", ...details }: { readonly code?: BadCode; readonly [name: string]: unknown } = {},
): SlipwayError {
  return new SlipwayError(code, `Input ${quote(spec.name)}${why}.`, { input: spec.name, ...details });
}

type BadCode = "invalid_request" | "invalid_input";

function missingInputs(signature: Signature, missing: readonly InputSpec[], columns: Columns): SlipwayError {
  const names = missing.map(({ name }) => name);
  const known = new Set(signature.inputs.map(({ name }) => name));
  const others = [...columns.keys()].filter((name) => !known.has(name)).slice(0, 5);
  const extra = others.length === 0 ? "" : ` There is ${listNames(others)}, which the model does not know.`;
  return new SlipwayError("invalid_input", `The model is missing its inputs ${listNames(names)}.${extra}`, {
    inputs: names,
  });
}

/** Holds the columns of a tabular model to one plain value a row. */
export function requirePlain(tensors: readonly Tensor[], code: BadCode): void {
  for (const { name, shape } of tensors)
    if (shape.length !== 1) {
      const why = `expected one value a row, got shape ${formatShape(shape)}`;
      throw new SlipwayError(code, `Input ${quote(name)}: ${why}.`, { input: name });
    }
}

/** Holds tensors whose first dimension is the batch to the same number of rows. */
export function requireSameRows(tensors: readonly Tensor[]): void {
  const rows = tensors[0]?.shape[0];
  for (const { name, shape } of tensors)
    if (shape[0] !== rows)
      throw new SlipwayError("invalid_request", `Input ${quote(name)} has ${shape[0]} rows, the first has ${rows}.`, {
        input: name,
      });
}
