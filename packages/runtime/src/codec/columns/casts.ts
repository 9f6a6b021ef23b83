import { isUtf8 } from "node:buffer";
import { isFloat, isInteger } from "../../datatype.ts";
import type { Datatype } from "../../tensor.ts";
import { isObject } from "../json-body.ts";

const floatText = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?\s*$/i;
const specialFloatText = /^\s*([+-]?)(?:(inf|infinity)|nan)\s*$/i;
const integerText = /^\s*([+-]?\d+)\s*$/;
/** Below it, Python and JavaScript write a number the same way. */
const sameTextBelow = 1e15;

/** One JSON value as the element rules of style `oip` take it. What cannot be cast comes back as it is, and is refused there. */
export type Cast = (value: unknown, datatype: Datatype) => unknown;

/**
 * Casts that lose nothing: a number in quotes is a number, true and false are 1 and 0, a number is a text. What would change its
 * value is no cast: 1.7 for an integer, "false" for a bool.
 */
export function castLossless(value: unknown, datatype: Datatype): unknown {
  if (datatype === "BYTES") return toText(value);
  if (datatype === "BOOL") return value;
  if (typeof value === "boolean") return value ? 1 : 0;
  if (isFloat(datatype)) return toFloat(value);
  return isInteger(datatype) && typeof value === "string" ? toInteger(value, datatype) : value;
}

function toText(value: unknown): unknown {
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "number" && Math.abs(value) < sameTextBelow) return String(value);
  return value;
}

function toFloat(value: unknown): unknown {
  if (typeof value === "string") {
    if (floatText.test(value)) return Number(value);
    const special = specialFloatText.exec(value);
    // NaN stands for a missing value, so it is only taken where one may be missing.
    if (special) return special[2] === undefined ? null : special[1] === "-" ? "-Infinity" : "Infinity";
    return value;
  }
  return value === Infinity ? "Infinity" : value === -Infinity ? "-Infinity" : value;
}

function toInteger(value: string, datatype: Datatype): unknown {
  const digits = integerText.exec(value)?.[1];
  if (digits === undefined) return value;
  const number = Number(digits);
  if (Number.isSafeInteger(number)) return number;
  return datatype.endsWith("64") ? digits.replace("+", "") : number;
}

const flags: Readonly<Record<string, boolean>> = { true: true, false: false };

/** The same for a field of CSV, where everything is text: `True`, `TRUE` and `true` are true. */
export function castText(value: unknown, datatype: Datatype): unknown {
  if (datatype === "BYTES" || typeof value !== "string") return value;
  return castLossless(Object.hasOwn(flags, value.toLowerCase()) ? flags[value.toLowerCase()] : value, datatype);
}

/** `{"b64": "..."}` is the text of those bytes where they are UTF-8; nothing else is cast. */
export function castB64(value: unknown, datatype: Datatype): unknown {
  if (datatype !== "BYTES" || !isObject(value) || typeof value["b64"] !== "string") return value;
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(value["b64"])) return value;
  const bytes = Buffer.from(value["b64"], "base64");
  return isUtf8(bytes) ? bytes.toString("utf8") : value;
}
