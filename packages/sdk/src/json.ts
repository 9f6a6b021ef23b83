import { SlipwayError } from "@slipway/contract/errors";

/**
 * JSON by the rules of the record protocol: a bigint beyond 2^53 is a string of its digits, a smaller one a number, and
 * NaN is null, which a nullable input takes as NaN.
 * @throws SlipwayError `invalid_input` for an infinity, which would silently become null
 */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (key, item: unknown) => {
    if (typeof item === "bigint") return isSafe(item) ? Number(item) : item.toString();
    if (item === Infinity || item === -Infinity)
      throw new SlipwayError(
        "invalid_input",
        `${JSON.stringify(key)} is ${item}, which JSON cannot carry: send a finite number or null.`,
        {
          input: key,
        },
      );
    return item;
  });
}

function isSafe(value: bigint): boolean {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) && value >= BigInt(Number.MIN_SAFE_INTEGER);
}
