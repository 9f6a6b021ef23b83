import { isUtf8 } from "node:buffer";
import { SlipwayError } from "@slipway/contract/errors";

/** A request body as a JSON value. Throws `invalid_request` that says where it stops being JSON. */
export function parseJsonBody(bytes: Uint8Array): unknown {
  if (bytes.length === 0) throw new SlipwayError("invalid_request", "The body is empty; send JSON.");
  if (!isUtf8(bytes)) throw new SlipwayError("invalid_request", "The body is not UTF-8; send JSON in UTF-8.");
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  try {
    return JSON.parse(buffer.toString("utf8"));
  } catch (error) {
    throw new SlipwayError("invalid_request", `The body is not JSON: ${(error as Error).message}.`);
  }
}

/** Assigns an own property whatever its name: plain assignment of `__proto__` would be lost. */
export function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === "__proto__") {
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  } else target[key] = value;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
