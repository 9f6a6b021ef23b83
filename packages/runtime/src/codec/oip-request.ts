import { SlipwayError } from "@slipway/contract/errors";
import { createData, formatShape } from "../datatype.ts";
import { findNearest } from "@slipway/contract/nearest";
import type { Signature } from "../signature.ts";
import { datatypes } from "../tensor.ts";
import type { Datatype, Tensor } from "../tensor.ts";
import { createRules, describe, explainElement, quote, writeElements } from "./elements.ts";
import { isObject, parseJsonBody } from "./json-body.ts";
import { checkNesting, writeNested } from "./nesting.ts";

/** An Open Inference Protocol V2 request. Names are those of the request: `resolveInputs` holds them to the signature. */
export interface OipRequest {
  readonly id?: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly inputs: readonly Tensor[];
  /** The outputs asked for; absent where all are. */
  readonly outputs?: readonly OipRequestedOutput[];
}

export interface OipRequestedOutput {
  readonly name: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

const maxRank = 32;
const maxDimension = 0xffffffff;
const maxIdLength = 1000;

/**
 * An infer request out of its JSON value, or of the bytes of the body. `data` may be nested row-major or flat.
 *
 * The rules of JSON here: floats take numbers and the strings "NaN", "Infinity", "-Infinity"; null is NaN where the
 * input is nullable, else refused. INT64 and UINT64 take numbers up to 2^53 and strings of digits; a larger number is
 * refused, for JSON has rounded it already. BOOL takes true, false, 1, 0. FP16 has no JSON form. Keys that the protocol
 * does not know are ignored. Throws `invalid_request` and `invalid_input`.
 */
export function parseOipRequest(body: unknown, signature: Signature): OipRequest {
  const value = body instanceof Uint8Array ? parseJsonBody(body) : body;
  if (!isObject(value)) throw malformed(`expected an object with "inputs", got ${describe(value)}`);
  const { id, inputs, outputs } = value;
  if (id !== undefined && id !== null && typeof id !== "string")
    throw malformed(`"id" must be a string, got ${describe(id)}`);
  if (typeof id === "string" && id.length > maxIdLength)
    throw malformed(`"id" is longer than ${maxIdLength} characters`);
  if (!Array.isArray(inputs) || inputs.length === 0) {
    throw malformed(`"inputs" must be an array of at least one tensor, got ${describe(inputs)}`);
  }
  const tensors: Tensor[] = [];
  const names = new Set<string>();
  for (let i = 0; i < inputs.length; i++) {
    const tensor = parseInput(inputs[i], i, signature);
    if (names.has(tensor.name)) throw wrongInput(tensor.name, "is given twice; send it once", {});
    names.add(tensor.name);
    tensors.push(tensor);
  }
  return {
    ...(typeof id === "string" && { id }),
    parameters: parseParameters(value["parameters"], "the request"),
    inputs: tensors,
    ...(outputs !== undefined && outputs !== null && { outputs: parseRequestedOutputs(outputs) }),
  };
}

/** The tensors that the request asked for, in its order; all of them where it named none. */
export function selectOutputs(outputs: readonly Tensor[], requested: OipRequest["outputs"]): readonly Tensor[] {
  if (requested === undefined || requested.length === 0) return outputs;
  return requested.map(({ name }) => {
    const found = outputs.find((output) => output.name === name);
    if (found === undefined) throw unknownOutput(name, outputs);
    return found;
  });
}

/** Throws `invalid_request` where an output is asked for that the model does not give: to call before the run. */
export function requireOutputs(signature: Signature, requested: OipRequest["outputs"]): void {
  for (const { name } of requested ?? []) {
    if (!signature.outputs.some((output) => output.name === name)) throw unknownOutput(name, signature.outputs);
  }
}

function unknownOutput(name: string, outputs: readonly { readonly name: string }[]): SlipwayError {
  const known = outputs.map((output) => output.name);
  const nearest = findNearest(name, known);
  const hint = nearest === null ? `Its outputs: ${known.map(quote).join(", ")}.` : `Did you mean ${quote(nearest)}?`;
  return new SlipwayError("invalid_request", `The model has no output ${quote(name)}. ${hint}`, { output: name });
}

function parseInput(value: unknown, index: number, signature: Signature): Tensor {
  if (!isObject(value)) throw malformed(`inputs[${index}] must be an object, got ${describe(value)}`);
  const { name } = value;
  if (typeof name !== "string" || name === "") {
    throw malformed(`inputs[${index}] needs a "name", a string, got ${describe(name)}`);
  }
  const parameters = parseParameters(value["parameters"], `input ${quote(name)}`);
  const datatype = parseDatatype(name, value["datatype"]);
  const { shape, count } = parseShape(name, value["shape"]);
  if (value["data"] === undefined && parameters["binary_data_size"] !== undefined) {
    throw wrongInput(
      name,
      'says "binary_data_size", but the binary tensor extension is not spoken here; send "data"',
      {},
    );
  }
  if (datatype === "FP16") {
    throw wrongInput(
      name,
      'has datatype "FP16", which has no JSON form in this protocol; use FP32 in the model or the predict face',
      {},
    );
  }
  const rules = createRules("oip", { datatype, nullable: isNullable(signature, name) });
  const data = parseData({ name, shape, count, rules }, value["data"]);
  return { name, datatype, shape, data };
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

function parseDatatype(name: string, value: unknown): Datatype {
  if (typeof value === "string" && (datatypes as readonly string[]).includes(value)) return value as Datatype;
  const nearest = typeof value === "string" ? findNearest(value, datatypes) : null;
  const hint = nearest === null ? `send one of ${datatypes.join(", ")}` : `perhaps ${quote(nearest)} is meant`;
  throw wrongInput(name, `has the unknown datatype ${describe(value)}; ${hint}`, {
    expected: datatypes,
    got: describe(value),
  });
}

function parseShape(name: string, value: unknown): { shape: number[]; count: number } {
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
  if (!Number.isSafeInteger(count))
    throw wrongInput(name, `has a "shape" of more elements than can be: ${formatShape(value)}`, {});
  return { shape: value as number[], count };
}

function parseParameters(value: unknown, of: string): Record<string, unknown> {
  if (value === undefined || value === null) return {};
  if (!isObject(value)) throw malformed(`"parameters" of ${of} must be an object, got ${describe(value)}`);
  return value;
}

function parseRequestedOutputs(value: unknown): OipRequestedOutput[] {
  if (!Array.isArray(value)) throw malformed(`"outputs" must be an array, got ${describe(value)}`);
  const names = new Set<string>();
  return value.map((entry: unknown, index) => {
    const name = isObject(entry) ? entry["name"] : undefined;
    if (!isObject(entry) || typeof name !== "string") throw malformed(`outputs[${index}] needs a "name", a string`);
    if (names.has(name)) throw malformed(`output ${quote(name)} is asked for twice`);
    names.add(name);
    return { name, parameters: parseParameters(entry["parameters"], `output ${quote(name)}`) };
  });
}

function isNullable(signature: Signature, name: string): boolean {
  if (signature.packed?.tensor === name && signature.inputs.some((input) => input.nullable)) return true;
  return signature.inputs.some((input) => input.name === name && input.nullable);
}

function malformed(why: string): SlipwayError {
  return new SlipwayError("invalid_request", `The infer request is not well formed: ${why}.`);
}

function wrongInput(name: string, why: string, details: { expected?: unknown; got?: unknown }): SlipwayError {
  return new SlipwayError("invalid_input", `Input ${quote(name)} ${why}.`, { input: name, ...details });
}
