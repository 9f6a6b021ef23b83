import type { AbReport, AbRequest } from "@slipway/contract";
import type { CallOptions, Transport } from "./transport.ts";

/** What to compare by; see `AbRequest`. */
export interface AbOptions extends CallOptions, AbRequest {}

export interface AbClient {
  /**
   * How the arms of an endpoint's newest split do: users against users, in intervals that hold however often one looks.
   * @throws SlipwayError `precondition_failed` where its traffic never was divided
   */
  report(endpoint: string, options?: AbOptions): Promise<AbReport>;
}

/** Everything on record is brought into the lake first. */
const waitMs = 180_000;

export function createAb(transport: Transport): AbClient {
  return {
    report: (endpoint, { metrics, sql, unit, since, until, alpha, ...call } = {}) =>
      transport.call({
        method: "POST",
        path: `/api/v1/endpoints/${encodeURIComponent(endpoint)}/ab`,
        json: { metrics, sql, unit, since, until, alpha },
        timeoutMs: waitMs,
        ...call,
      }),
  };
}
