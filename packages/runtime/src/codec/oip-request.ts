import { describe } from "./elements.ts";
import type { Signature } from "../signature.ts";
import type { Tensor } from "../tensor.ts";
import { isObject, parseJsonBody } from "./json-body.ts";
import { malformed, parseFlag, parseParameters, wrongInput } from "./oip-errors.ts";
import { parseOipInput } from "./oip-input.ts";
import { parseRequestedOutputs, type OipRequestedOutput } from "./oip-outputs.ts";
import { parseRawInput } from "./oip-raw.ts";
import { createTail } from "./oip-tail.ts";

/** An Open Inference Protocol V2 request. Names are those of the request: `resolveInputs` holds them to the signature. */
export interface OipRequest {
  readonly id?: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly inputs: readonly Tensor[];
  /** The outputs asked for; absent where all are. */
  readonly outputs?: readonly OipRequestedOutput[];
  /** Outputs that do not say otherwise are raw bytes behind the JSON of the answer. */
  readonly binary: boolean;
  /** The time that the request allows for its answer, milliseconds. */
  readonly timeoutMs?: number;
}

const maxIdLength = 1000;

/**
 * An infer request out of its JSON value, or of the bytes of the body. `data` may be nested row-major or flat. With a
 * `headerLength` the bytes are so much JSON, and then the binary tensors; 0: no JSON, all of it is the only input.
 *
 * The rules of JSON here: floats take numbers and the strings "NaN", "Infinity", "-Infinity"; null is NaN where the
 * input is nullable, else refused. INT64 and UINT64 take numbers up to 2^53 and strings of digits; a larger number is
 * refused, for JSON has rounded it already. BOOL takes true, false, 1, 0. FP16 has no JSON form. Keys and parameters that
 * the protocol does not know are ignored. Numeric tensors are views of the bytes where those are aligned, which must not
 * change afterwards. Throws `invalid_request` and `invalid_input`.
 */
export function parseOipRequest(body: unknown, signature: Signature, headerLength: number | null = null): OipRequest {
  if (!(body instanceof Uint8Array)) return parseValue(body, signature, null);
  if (headerLength === null) return parseValue(parseJsonBody(body), signature, null);
  if (headerLength === 0) return { ...parseRawRequest(body, signature), binary: true };
  const json = parseJsonBody(body.subarray(0, headerLength));
  return parseValue(json, signature, body.subarray(headerLength));
}

/** A body that is nothing but the only input of the model. The answer is JSON. */
export function parseRawRequest(body: Uint8Array, signature: Signature): OipRequest {
  return { parameters: {}, inputs: [parseRawInput(body, signature)], binary: false };
}

function parseValue(value: unknown, signature: Signature, behind: Uint8Array | null): OipRequest {
  if (!isObject(value)) throw malformed(`expected an object with "inputs", got ${describe(value)}`);
  const { id } = value;
  if (id !== undefined && id !== null && typeof id !== "string")
    throw malformed(`"id" must be a string, got ${describe(id)}`);
  if (typeof id === "string" && id.length > maxIdLength)
    throw malformed(`"id" is longer than ${maxIdLength} characters`);
  const inputs = parseInputs(value["inputs"], signature, behind);
  const parameters = parseParameters(value["parameters"], () => "the request");
  const binary = parseFlag(parameters, "binary_data_output") ?? false;
  const outputs = parseRequestedOutputs(value["outputs"], binary);
  const timeoutMs = parseTimeout(parameters);
  return {
    ...(typeof id === "string" && { id }),
    parameters,
    inputs,
    ...(outputs && { outputs }),
    binary,
    ...(timeoutMs !== null && { timeoutMs }),
  };
}

function parseInputs(value: unknown, signature: Signature, behind: Uint8Array | null): readonly Tensor[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw malformed(`"inputs" must be an array of at least one tensor, got ${describe(value)}`);
  }
  const tail = behind === null ? null : createTail(behind);
  const tensors: Tensor[] = [];
  const names = new Set<string>();
  for (let i = 0; i < value.length; i++) {
    const tensor = parseOipInput(value[i], i, signature, tail);
    if (names.has(tensor.name)) throw wrongInput(tensor.name, "is given twice; send it once", {});
    names.add(tensor.name);
    tensors.push(tensor);
  }
  tail?.end();
  return tensors;
}

/**
 * Triton's request parameter `timeout`, in microseconds there: milliseconds. Null where there is none; 0 is none too.
 * Priorities and sequences, its other ones, mean nothing to models without priority levels and state, and are ignored there as here.
 */
export function parseTimeout(parameters: Readonly<Record<string, unknown>>): number | null {
  const value = parameters["timeout"];
  if (value === undefined || value === null || value === 0) return null;
  const microseconds = typeof value === "string" && /^\d{1,15}$/.test(value) ? Number(value) : value;
  if (typeof microseconds !== "number" || !(microseconds >= 0) || !Number.isFinite(microseconds))
    throw malformed(`"timeout" must be a number of microseconds, got ${describe(value)}`);
  return microseconds === 0 ? null : microseconds / 1000;
}
