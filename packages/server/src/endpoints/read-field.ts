import { isMissingText, type Signature } from "@slipway/runtime";
import type { ParsedRequest } from "./parsed-request.ts";

/**
 * A record field of the first row as a text: one of the extra fields, an input, or a column of the packed matrix. Null where there is none, or where it is no
 * single value.
 */
export function readField(parsed: ParsedRequest, signature: Signature, name: string): string | null {
  const extra = parsed.extra?.[0]?.[name];
  if (extra !== undefined) return toText(extra);
  for (const tensor of parsed.tensors) if (tensor.name === name) return toText(tensor.data[0]);
  const { packed } = signature;
  if (packed === null) return null;
  const index = signature.inputs.findIndex((input) => input.name === name);
  const matrix = index === -1 ? undefined : parsed.tensors.find((tensor) => tensor.name === packed.tensor);
  return matrix === undefined ? null : toText(matrix.data[index]);
}

function toText(value: unknown): string | null {
  if (typeof value === "string") return value === "" ? null : value;
  if (value instanceof Uint8Array)
    return value.length === 0 || isMissingText(value) ? null : new TextDecoder().decode(value);
  if (typeof value === "number") return Number.isNaN(value) ? null : String(value);
  return typeof value === "bigint" || typeof value === "boolean" ? String(value) : null;
}
