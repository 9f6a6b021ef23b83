import { SlipwayError } from "@slipway/contract";
import type { ParsedRequest } from "./parsed-request.ts";

/**
 * The caller's own key of each row, where `field`, which is no input, holds it; null where a row has none.
 * Undefined where no row can have one.
 */
export function toExtraKeys({ extra }: ParsedRequest, field: string): (string | null)[] | undefined {
  return extra?.map((fields) => {
    const key = fields?.[field];
    return key === undefined || key === null || findFault(key) !== null ? null : String(key);
  });
}

/**
 * A key that cannot be told from another one would lead to the wrong prediction.
 * @throws SlipwayError `invalid_input`
 */
export function checkExtraKeys({ extra }: ParsedRequest, field: string): void {
  for (const [row, fields] of (extra ?? []).entries()) {
    const key = fields?.[field];
    const fault = key === undefined || key === null ? null : findFault(key);
    if (fault === null) continue;
    const where = extra!.length > 1 ? `records[${row}]: ` : "";
    throw new SlipwayError(
      "invalid_input",
      `${where}Field ${JSON.stringify(field)} is the key of the prediction: expected a string or a number, got ${fault}.`,
      { input: field },
    );
  }
}

function findFault(key: unknown): string | null {
  if (Array.isArray(key)) return "an array";
  if (typeof key === "object") return "an object";
  if (typeof key === "number" && Number.isInteger(key) && !Number.isSafeInteger(key))
    return "a number beyond 2^53, where JSON numbers are not exact; send a string of its digits";
  return null;
}
