import { errorTable, SlipwayError } from "@slipway/contract";
import type { FastifyReply } from "fastify";

/** Seconds to wait where an error passes by itself, at least 1; null where waiting does not help. */
export function toRetryAfter({ code, details }: SlipwayError): number | null {
  const { kind } = errorTable[code];
  if (kind !== "unavailable" && kind !== "exhausted") return null;
  const ms = details["retry_after_ms"];
  return typeof ms === "number" && ms > 1000 ? Math.ceil(ms / 1000) : 1;
}

export function setRetryAfter(reply: FastifyReply, error: unknown): void {
  const seconds = SlipwayError.is(error) ? toRetryAfter(error) : null;
  if (seconds !== null) reply.header("retry-after", String(seconds));
}
