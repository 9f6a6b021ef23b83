import { findNearest } from "@slipway/contract/nearest";
import { createData, elementSizes, formatShape } from "../datatype.ts";
import type { Signature } from "../signature.ts";
import { datatypes } from "../tensor.ts";
import type { Datatype, Tensor } from "../tensor.ts";
import { readTensorData } from "./binary.ts";
import { createRules, describe, explainElement, quote, writeElements } from "./elements.ts";
import { isObject } from "./json-body.ts";
import { checkNesting, writeNested } from "./nesting.ts";
import { malformed, parseParameters, wrongInput } from "./oip-errors.ts";
import type { BinaryTail } from "./oip-tail.ts";

const maxRank = 32;
const maxDimension = 0xffffffff;

/** Parameters that only mean something between processes of one machine. */
const sharedMemory = "shared_memory_region";

/** One of the `inputs` of an infer request, its elements in `data` or in the bytes behind the JSON. */
export function parseOipInput(value: unknown, index: number, signature: Signature, tail: BinaryTail | null): Tensor {
  if (!isObject(value)) throw malformed(`inputs[${index}] must be an object, got ${describe(value)}`);
  const { name } = value;
  if (typeof name !== "string" || name === "") {
    throw malformed(`inputs[${index}] needs a "name", a string, got ${describe(name)}`);
  }
  const parameters = parseParameters(value["parameters"], () => `input ${quote(name)}`);
  const datatype = parseDatatype(name, value["datatype"]);
  const { shape, count } = parseShape(name, value["shape"]);
  const size = parameters["binary_data_size"];
  if (size !== undefined) {
    if (value["data"] !== undefined)
      throw wrongInput(name, 'has both "data" and "binary_data_size"; send one of the two', {});
    const bytes = takeBytes({ name, datatype, shape, count, size }, tail);
    return { name, datatype, shape, data: readTensorData(datatype, shape, bytes, name) };
  }
  if (parameters[sharedMemory] !== undefined)
    throw wrongInput(name, "is said to be in shared memory, which this server does not read; send its data", {});
  if (datatype === "FP16") {
    const why = 'has datatype "FP16", which has no JSON form in this protocol';
    throw wrongInput(name, `${why}; send it as binary ("binary_data_size"), or use the predict face`, {});
  }
  const rules = createRules("oip", { datatype, nullable: isNullable(signature, name) });
  return { name, datatype, shape, data: parseData({ name, shape, count, rules }, value["data"]) };
}

interface BinaryContext {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  readonly count: number;
  readonly size: unknown;
}

function takeBytes({ name, datatype, shape, count, size }: BinaryContext, tail: BinaryTail | null): Uint8Array {
  if (tail === null) {
    const why = 'says "binary_data_size", but the request has no header Inference-Header-Content-Length';
    throw wrongInput(name, `${why}, which tells where the JSON ends`, {});
  }
  if (!Number.isSafeInteger(size) || (size as number) < 0)
    throw wrongInput(name, `has a "binary_data_size" that is no number of bytes: ${describe(size)}`, {});
  const expected = count * elementSizes[datatype];
  if (datatype !== "BYTES" && size !== expected) {
    const what = `is ${datatype} ${formatShape(shape)}, which is ${expected} bytes`;
    throw wrongInput(name, `${what}, but "binary_data_size" is ${String(size)}`, { expected, got: size });
  }
  return tail.take(name, size as number);
}

interface DataContext {
  readonly name: string;
  readonly shape: readonly number[];
  readonly count: number;
  readonly rules: ReturnType<typeof createRules>;
}

function parseData({ name, shape, count, rules }: DataContext, given: unknown): Tensor["data"] {
  const value = shape.length === 0 && !Array.isArray(given) && given !== undefined ? [given] : given;
  if (!Array.isArray(value)) throw wrongInput(name, `needs "data", an array, got ${describe(value)}`, {});
  if (shape.length > 1 && Array.isArray(value[0])) {
    const misshapen = checkNesting(value, shape);
    if (misshapen !== null) {
      const { path, message, expected, got } = misshapen;
      throw wrongInput(name, `has shape ${formatShape(shape)}, but data${path} does not: ${message}`, {
        expected,
        got,
      });
    }
    const nested = createData(rules.datatype, count);
    const trouble = writeNested({ data: nested, start: 0, rules }, value, shape);
    if (trouble === null) return nested;
    throw wrongInput(name, `data${trouble.path}: ${trouble.message}`, { expected: trouble.expected, got: trouble.got });
  }
  if (value.length !== count) {
    const message = `has shape ${formatShape(shape)}, which is ${count} elements, but data has ${value.length}`;
    throw wrongInput(name, message, { expected: count, got: value.length });
  }
  const flat = createData(rules.datatype, count);
  const bad = writeElements(flat, 0, value, rules);
  if (bad < 0) return flat;
  const { message, expected, got } = explainElement(value[bad], rules);
  throw wrongInput(name, `data[${bad}]: ${message}`, { expected, got });
}

export function parseDatatype(name: string, value: unknown): Datatype {
  if (typeof value === "string" && (datatypes as readonly string[]).includes(value)) return value as Datatype;
  if (value === "BF16") {
    const why = 'has datatype "BF16", which no model here takes';
    throw wrongInput(name, `${why}; convert the values to FP32 or FP16`, { expected: datatypes, got: value });
  }
  const nearest = typeof value === "string" ? findNearest(value, datatypes) : null;
  const hint = nearest === null ? `send one of ${datatypes.join(", ")}` : `perhaps ${quote(nearest)} is meant`;
  throw wrongInput(name, `has the unknown datatype ${describe(value)}; ${hint}`, {
    expected: datatypes,
    got: describe(value),
  });
}

export function parseShape(name: string, value: unknown): { shape: number[]; count: number } {
  if (!Array.isArray(value) || value.length > maxRank) {
    throw wrongInput(name, `needs "shape", an array of at most ${maxRank} sizes, got ${describe(value)}`, {});
  }
  let count = 1;
  for (const dim of value) {
    if (!Number.isInteger(dim) || dim < 0 || dim > maxDimension) {
      throw wrongInput(
        name,
        `has a size in "shape" that is no whole number from 0 to ${maxDimension}: ${describe(dim)}`,
        {},
      );
    }
    count *= dim;
  }
  if (!Number.isSafeInteger(count * 8))
    throw wrongInput(name, `has a "shape" of more elements than can be: ${formatShape(value)}`, {});
  return { shape: value as number[], count };
}

function isNullable(signature: Signature, name: string): boolean {
  if (signature.packed?.tensor === name && signature.inputs.some((input) => input.nullable)) return true;
  return signature.inputs.some((input) => input.name === name && input.nullable);
}
