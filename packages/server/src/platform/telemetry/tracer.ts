import { SlipwayError } from "@slipway/contract";
import type { Clock } from "../../kernel/clock.ts";
import type { Logger } from "../../kernel/logger.ts";

/** Work that ended, told afterwards. */
export interface SpanFacts {
  readonly name: string;
  /** Wall clock, integer microseconds since 1970. */
  readonly startedAtUs: number;
  readonly durationUs: number;
  /** The caller's W3C `traceparent`; null, or one that is malformed, begins a trace of its own. */
  readonly traceparent: string | null;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  /** Parts that followed one another from the start; each becomes a child span. */
  readonly steps: readonly { readonly name: string; readonly durationUs: number }[];
  /** `fault`: the error is this server's, not the caller's. */
  readonly error: { readonly code: string; readonly message: string; readonly fault: boolean } | null;
}

export interface Tracer {
  /** Returns at once and never throws; the span leaves later, or is dropped where the collector cannot keep up. */
  span(facts: SpanFacts): void;
  /** Sends what is left, for two seconds at most. */
  close(): Promise<void>;
}

export interface TracerOptions {
  /** Base URL of a collector that speaks OTLP over HTTP; `/v1/traces` is appended where it is missing. */
  readonly endpoint: string;
  readonly version: string;
  readonly instance: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long spans are collected before they are sent; 1 s. */
  readonly delayMs?: number;
}

/**
 * Exports spans by OTLP over HTTP as JSON. OpenTelemetry is loaded here and nowhere else, so that a server without a
 * collector never pays for it. Headers, timeout, service name and resource come from the OTEL_* variables that every
 * OpenTelemetry program knows.
 * @throws SlipwayError `invalid_config`
 */
export async function createTracer(options: TracerOptions): Promise<Tracer> {
  const url = toTracesUrl(options.endpoint);
  const { createOtlpTracer } = await import("./otlp-tracer.ts");
  return createOtlpTracer(url, options);
}

function toTracesUrl(endpoint: string): string {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : null;
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new SlipwayError(
      "invalid_config",
      `otlp_endpoint must be the address of a collector such as http://localhost:4318, got ${JSON.stringify(endpoint)}.`,
    );
  if (!url.pathname.endsWith("/v1/traces")) url.pathname = `${url.pathname.replace(/\/$/, "")}/v1/traces`;
  return url.href;
}
