import { isUtf8 } from "node:buffer";
import { SlipwayError } from "@slipway/contract/errors";
import { parseJsonBody } from "../json-body.ts";

const specials = /"(?:[^"\\]|\\.)*"|-?Infinity|NaN/g;
const replacements: Readonly<Record<string, string>> = { NaN: "null", Infinity: "1e999", "-Infinity": "-1e999" };

/**
 * JSON as Python's `json` writes it: NaN, which stands for a missing value, is null, and the infinities are those of JavaScript.
 * An integer beyond 2^53 is the text of its digits, so that none is rounded. Throws `invalid_request`.
 */
export function parsePythonJson(bytes: Uint8Array): unknown {
  if (bytes.length === 0) throw new SlipwayError("invalid_request", "The body is empty; send JSON.");
  if (!isUtf8(bytes)) return parseJsonBody(bytes);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    .toString("utf8")
    .replace(/^\uFEFF/, "");
  try {
    return parse(text);
  } catch (error) {
    const plain = text.replace(specials, (token) => replacements[token] ?? token);
    if (plain !== text)
      try {
        return parse(plain);
      } catch {
        // The first error is about what the caller sent.
      }
    throw new SlipwayError("invalid_request", `The body is not JSON: ${(error as Error).message}.`);
  }
}

type Reviver = (this: unknown, key: string, value: unknown, context: { readonly source?: string }) => unknown;
type ParseWithSource = (text: string, reviver?: Reviver) => unknown;

function parse(text: string): unknown {
  // A long fraction is none: the slower way is only for what may be a long integer.
  if (!/(?<![.0-9])[0-9]{16}/.test(text)) return JSON.parse(text);
  return (JSON.parse as ParseWithSource)(text, (_key, value, { source }) =>
    typeof value === "number" && !Number.isSafeInteger(value) && source !== undefined && /^-?[0-9]+$/.test(source)
      ? source
      : value,
  );
}
