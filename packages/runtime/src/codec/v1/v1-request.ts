import { SlipwayError } from "@slipway/contract/errors";
import type { Signature } from "../../signature.ts";
import type { Tensor } from "../../tensor.ts";
import { castB64 } from "../columns/casts.ts";
import { columnsToTensors } from "../columns/columns.ts";
import { recordsToColumns } from "../columns/records-to-columns.ts";
import { unknownInput } from "../../validate.ts";
import { describe } from "../elements.ts";
import { isObject, parseJsonBody } from "../json-body.ts";

export interface V1Request {
  readonly tensors: readonly Tensor[];
  /** `instances`, row by row, is answered with `predictions`; `inputs`, by column, with `outputs`. */
  readonly form: "instances" | "inputs";
}

const signatureNames: readonly unknown[] = [undefined, null, "", "serving_default"];

/**
 * A `:predict` body of KServe V1 and TensorFlow Serving as tensors of the signature. An instance, or `inputs`, is an object of named
 * inputs, or the bare value of a model's only input. Throws `invalid_request` and `invalid_input`.
 */
export function parseV1Request(bytes: Uint8Array, signature: Signature): V1Request {
  const body = parseJsonBody(bytes);
  if (!isObject(body)) throw malformed(`it must be an object with "instances" or "inputs", got ${describe(body)}`);
  const { instances, inputs, signature_name: name } = body;
  if (!signatureNames.includes(name))
    throw malformed(`a model has one signature here, "serving_default"; got ${describe(name)}`);
  if ((instances === undefined) === (inputs === undefined))
    throw malformed('it must have either "instances" or "inputs"');
  const form = instances === undefined ? "inputs" : "instances";
  const named = form === "inputs" ? byColumn(inputs) : byRow(instances);
  const columns = named ?? new Map([[requireOnly(signature), form === "inputs" ? inputs : instances]]);
  if (signature.packed !== null && columns.size === 1 && columns.has(signature.packed.tensor))
    return { tensors: columnsToTensors(matrixOf(signature), columns, { cast: castB64, frame: false }), form };
  const unknown = [...columns.keys()].find((key) => !signature.inputs.some((input) => input.name === key));
  if (unknown !== undefined) throw unknownInput(signature, unknown);
  return { tensors: columnsToTensors(signature, columns, { cast: castB64, frame: false }), form };
}

/** Null where a bare value came. */
function byColumn(inputs: unknown): Map<string, unknown> | null {
  return isObject(inputs) && !isB64(inputs) ? new Map(Object.entries(inputs)) : null;
}

/** Null where bare values came. */
function byRow(instances: unknown): Map<string, unknown> | null {
  if (!Array.isArray(instances) || instances.length === 0)
    throw malformed(`"instances" must be a list of at least one, got ${describe(instances)}`);
  if (!isObject(instances[0]) || isB64(instances[0])) return null;
  const columns = recordsToColumns(instances, (instance, row) =>
    malformed(`instances[${row}] must be an object as the first is, got ${describe(instance)}`),
  );
  for (const [name, column] of columns)
    columns.set(
      name,
      column.map((value) => value ?? null),
    );
  return columns;
}

function isB64(value: Readonly<Record<string, unknown>>): boolean {
  return typeof value["b64"] === "string" && Object.keys(value).length === 1;
}

/** The matrix of a packed model as its only input; `resolveInputs` holds its values to the columns. */
function matrixOf({ inputs, packed, ...rest }: Signature): Signature {
  const { tensor: name, datatype } = packed!;
  const nullable = inputs.some((input) => input.nullable);
  return { ...rest, packed: null, inputs: [{ name, datatype, shape: [-1, inputs.length], nullable }] };
}

/** The name of the model's only input, which may be a matrix whose columns have names. */
function requireOnly({ inputs, packed }: Signature): string {
  if (packed !== null) return packed.tensor;
  const [only, ...others] = inputs;
  if (only !== undefined && others.length === 0) return only.name;
  const names = inputs.slice(0, 10).map(({ name }) => `"${name}"`);
  throw new SlipwayError(
    "invalid_input",
    `The model has ${inputs.length} inputs, so a bare value says not which; send objects with ${names.join(", ")}.`,
  );
}

function malformed(why: string): SlipwayError {
  return new SlipwayError("invalid_request", `The predict request is not well formed: ${why}.`);
}
