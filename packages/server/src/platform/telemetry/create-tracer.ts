import { SlipwayError } from "@slipway/contract";
import type { Tracer, TracerOptions } from "./tracer.ts";

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
