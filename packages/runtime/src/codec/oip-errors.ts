import { SlipwayError } from "@slipway/contract/errors";
import { describe, quote } from "./elements.ts";
import { isObject } from "./json-body.ts";

export function malformed(why: string): SlipwayError {
  return new SlipwayError("invalid_request", `The infer request is not well formed: ${why}.`);
}

export function wrongInput(name: string, why: string, details: { expected?: unknown; got?: unknown }): SlipwayError {
  return new SlipwayError("invalid_input", `Input ${quote(name)} ${why}.`, { input: name, ...details });
}

const noParameters: Readonly<Record<string, unknown>> = {};

/** What nobody here knows is kept and means nothing, as the protocol says. */
export function parseParameters(value: unknown, whose: () => string): Readonly<Record<string, unknown>> {
  if (value === undefined || value === null) return noParameters;
  if (!isObject(value)) throw malformed(`"parameters" of ${whose()} must be an object, got ${describe(value)}`);
  return value;
}

/** A parameter that is a yes or no; null where it is not given. */
export function parseFlag(parameters: Readonly<Record<string, unknown>>, key: string): boolean | null {
  const value = parameters[key];
  if (value === undefined) return null;
  if (typeof value !== "boolean") throw malformed(`${quote(key)} must be true or false, got ${describe(value)}`);
  return value;
}
