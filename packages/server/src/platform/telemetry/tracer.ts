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
