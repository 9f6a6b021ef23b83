import { SlipwayError } from "@slipway/contract";

/** How often the holder of a token may ask for predictions. */
export interface Rate {
  readonly requests: number;
  readonly unit: RateUnit;
  /** How many may come at once after a pause. */
  readonly burst: number;
}

const unitMs = { s: 1_000, m: 60_000, h: 3_600_000 } as const;
export type RateUnit = keyof typeof unitMs;
const unitNames: Readonly<Record<RateUnit, string>> = { s: "second", m: "minute", h: "hour" };

const mostRequests = 1_000_000;

/**
 * `100/s`, `60/m`, `1000/h`; without a burst, all requests of one unit may come at once.
 * @throws SlipwayError `invalid_request`
 */
export function parseRate(text: string, burst?: string): Rate {
  const match = /^([1-9]\d{0,6})\/(s|m|h)$/.exec(text);
  const requests = Number(match?.[1]);
  if (match === null || requests > mostRequests)
    throw new SlipwayError(
      "invalid_request",
      `${JSON.stringify(text)} is no rate: write requests per second, minute or hour, such as 100/s, 60/m or 1000/h, at most ${mostRequests}.`,
    );
  return { requests, unit: match[2] as RateUnit, burst: burst === undefined ? requests : parseBurst(burst) };
}

function parseBurst(text: string): number {
  const burst = /^[1-9]\d{0,6}$/.test(text) ? Number(text) : Number.NaN;
  if (burst <= mostRequests) return burst;
  throw new SlipwayError(
    "invalid_request",
    `A burst is a whole number of requests from 1 to ${mostRequests}, not ${JSON.stringify(text)}.`,
  );
}

/** `100/s`. */
export function toRateText({ requests, unit }: Rate): string {
  return `${requests}/${unit}`;
}

/** `100 requests a second`. */
export function describeRate({ requests, unit }: Rate): string {
  return `${requests} request${requests === 1 ? "" : "s"} a${unit === "h" ? "n" : ""} ${unitNames[unit]}`;
}

/** A token bucket, kept as the one time at which it is full again (the generic cell rate algorithm of ATM). */
export interface Bucket {
  /**
   * Takes one, where there is one.
   * @param now monotonic milliseconds
   * @returns 0, or the milliseconds until there is one again
   */
  take(now: number): number;
}

export function createBucket({ requests, unit, burst }: Rate): Bucket {
  const stepMs = unitMs[unit] / requests;
  const roomMs = burst * stepMs;
  let fullAt = Number.NEGATIVE_INFINITY;
  return {
    take(now) {
      const next = Math.max(fullAt, now) + stepMs;
      // A thousandth of a step, so that rounding never costs the last one of a burst.
      const missing = next - now - roomMs;
      if (missing > stepMs / 1_000) return missing;
      fullAt = next;
      return 0;
    },
  };
}
