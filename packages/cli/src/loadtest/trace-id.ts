import { randomBytes } from "node:crypto";

/** "loadtest" in hex: what the trace id of every prediction of a load test begins with, so that they can be told apart. */
const loadTestPrefix = Buffer.from("loadtest").toString("hex");

export function createTraceId(): string {
  return loadTestPrefix + randomBytes(8).toString("hex");
}

export function isOfLoadTest(traceId: string | null): boolean {
  return traceId !== null && traceId.startsWith(loadTestPrefix);
}

/** W3C trace context, not sampled: a tracer that follows its parent keeps none of a million spans. */
export function toTraceparent(traceId: string): string {
  return `00-${traceId}-${loadTestPrefix}-00`;
}
