import { parseDuration, SlipwayError } from "@slipway/contract";

/**
 * A point in time: RFC 3339 (`2026-11-22`, `2026-11-22T10:00:00Z`) or a duration back from now (`15m`).
 * Milliseconds since 1970. @throws SlipwayError `invalid_request`
 */
export function parseSince(text: string, now: number): number {
  if (/^\d{4}-\d{2}-\d{2}/.test(text)) {
    const at = Date.parse(text);
    if (!Number.isNaN(at)) return at;
  } else if (/^\d+(\.\d+)?[a-z]+$/.test(text)) {
    return now - parseDuration(text);
  }
  throw new SlipwayError(
    "invalid_request",
    `${JSON.stringify(text)} is neither a time such as 2026-11-22T10:00:00Z nor a duration back from now such as 15m.`,
  );
}
