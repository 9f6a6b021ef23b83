import { SlipwayError } from "./errors.ts";

/** `200ms`, `1.5s`, `10m`, `1h`, `7d`. */
export const durationPattern = /^(\d{1,9}(?:\.\d{1,6})?)(ms|s|m|h|d)$/;

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * Milliseconds, with a fraction where the text has one.
 * @throws SlipwayError `invalid_request`
 */
export function parseDuration(text: string, what = "duration"): number {
  const match = durationPattern.exec(text);
  const unit = unitMs[match?.[2] ?? ""];
  if (match === null || unit === undefined)
    throw new SlipwayError(
      "invalid_request",
      `${JSON.stringify(text)} is not a valid ${what}: write a number and a unit (ms, s, m, h or d), such as 200ms or 1.5s.`,
      { [what]: text },
    );
  return Number(match[1]) * unit;
}
