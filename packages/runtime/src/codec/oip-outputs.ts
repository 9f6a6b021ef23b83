import { SlipwayError } from "@slipway/contract/errors";
import { findNearest } from "@slipway/contract/nearest";
import type { OutputSpec, Signature } from "../signature.ts";
import type { Tensor } from "../tensor.ts";
import { describe, quote } from "./elements.ts";
import { isObject } from "./json-body.ts";
import { toTopClasses } from "./oip-classes.ts";
import { malformed, parseFlag, parseParameters } from "./oip-errors.ts";

/** An output that a request names. */
export interface OipRequestedOutput {
  readonly name: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** As raw bytes behind the JSON. */
  readonly binary: boolean;
  /** Its highest values only, as Triton's classification: `VALUE:INDEX:CLASS`. 0: the tensor itself. */
  readonly topClasses: number;
}

/** `outputs` of a request; undefined where it names none. `binary`: what those are that do not say. */
export function parseRequestedOutputs(value: unknown, binary: boolean): readonly OipRequestedOutput[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) throw malformed(`"outputs" must be an array, got ${describe(value)}`);
  const names = new Set<string>();
  return value.map((entry: unknown, index) => {
    const name = isObject(entry) ? entry["name"] : undefined;
    if (!isObject(entry) || typeof name !== "string") throw malformed(`outputs[${index}] needs a "name", a string`);
    if (names.has(name)) throw malformed(`output ${quote(name)} is asked for twice`);
    names.add(name);
    const parameters = parseParameters(entry["parameters"], () => `output ${quote(name)}`);
    if (parameters["shared_memory_region"] !== undefined)
      throw new SlipwayError(
        "invalid_request",
        `Output ${quote(name)} is wanted in shared memory, which this server does not write; leave that out.`,
      );
    const topClasses = parseClassification(parameters["classification"], name);
    return { name, parameters, binary: parseFlag(parameters, "binary_data") ?? binary, topClasses };
  });
}

function parseClassification(value: unknown, name: string): number {
  if (value === undefined) return 0;
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw malformed(`"classification" of output ${quote(name)} must be a whole number, got ${describe(value)}`);
}

/** What is to be answered: to call before the run. @throws SlipwayError `invalid_request` for what the model does not give */
export function requireOutputs(signature: Signature, requested: readonly OipRequestedOutput[] | undefined): void {
  for (const { name, topClasses } of requested ?? []) {
    const output = findOutput(signature.outputs, name);
    if (topClasses > 0 && output.datatype === "BYTES")
      throw new SlipwayError(
        "invalid_request",
        `Output ${quote(name)} is BYTES, of which there are no highest values; leave "classification" out.`,
        { output: name },
      );
  }
}

/** As `requireOutputs`, and refuses FP16 where it is not asked for as binary: it has no JSON form. */
export function requireRenderable(
  signature: Signature,
  requested: readonly OipRequestedOutput[] | undefined,
  binary: boolean,
): void {
  requireOutputs(signature, requested);
  const isNamed = requested !== undefined && requested.length > 0;
  for (const { name, datatype } of signature.outputs) {
    if (datatype !== "FP16") continue;
    const output = requested?.find((one) => one.name === name);
    if (isNamed ? output === undefined || output.binary || output.topClasses > 0 : binary) continue;
    throw new SlipwayError(
      "invalid_request",
      `Output ${quote(name)} has datatype FP16, which has no JSON form in this protocol. Ask for it as binary ("binary_data": true), for other outputs in "outputs", or use the predict face.`,
      { output: name },
    );
  }
}

/** The tensors that the request asked for, in its order; all of them where it named none. */
export function selectOutputs(
  outputs: readonly Tensor[],
  requested: readonly OipRequestedOutput[] | undefined,
  specs: readonly OutputSpec[] = [],
): readonly Tensor[] {
  if (requested === undefined || requested.length === 0) return outputs;
  return requested.map(({ name, topClasses }) => {
    const tensor = findOutput(outputs, name);
    if (topClasses === 0) return tensor;
    return toTopClasses(tensor, topClasses, specs.find((spec) => spec.name === name)?.classes ?? []);
  });
}

function findOutput<T extends { readonly name: string }>(outputs: readonly T[], name: string): T {
  const found = outputs.find((output) => output.name === name);
  if (found !== undefined) return found;
  const known = outputs.map((output) => output.name);
  const nearest = findNearest(name, known);
  const hint = nearest === null ? `Its outputs: ${known.map(quote).join(", ")}.` : `Did you mean ${quote(nearest)}?`;
  throw new SlipwayError("invalid_request", `The model has no output ${quote(name)}. ${hint}`, { output: name });
}
