import {
  diag,
  DiagLogLevel,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Context,
  type HrTime,
} from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { detectResources, envDetector, resourceFromAttributes, type Resource } from "@opentelemetry/resources";
import { BatchSpanProcessor, TracerProvider, type SpanExporter } from "@opentelemetry/sdk-trace";
import type { SpanFacts, Tracer, TracerOptions } from "./tracer.ts";

const exportTimeoutMs = 5_000;
const closeTimeoutMs = 2_000;
const warnEveryMs = 60_000;
const maxQueueSize = 8_192;
/** How many are told in one go: some 50 us each, so that no turn of the event loop grows long. */
const sliceSpans = 64;

export function createOtlpTracer(url: string, options: TracerOptions): Tracer {
  const { clock, version } = options;
  const warn = createWarner(url, options);
  // What fails is told by the exporter; a warning is about spans that were dropped here or refused there.
  diag.setLogger(
    { error: () => {}, warn, info: () => {}, debug: () => {}, verbose: () => {} },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
  const provider = new TracerProvider({
    resource: toResource(options),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: withWarning(new OTLPTraceExporter({ url, timeoutMillis: exportTimeoutMs }), warn),
        scheduledDelayMillis: options.delayMs ?? 1_000,
        maxQueueSize,
        maxExportBatchSize: 1_024,
      }),
    ],
  });
  const tracer = provider.getTracer("slipway", version);
  const waiting: SpanFacts[] = [];

  function emit(facts: SpanFacts): void {
    const { startedAtUs, attributes, error } = facts;
    const parent = toContext(facts.traceparent);
    const span = tracer.startSpan(
      facts.name,
      { kind: SpanKind.SERVER, startTime: toHrTime(startedAtUs), attributes: { ...attributes } },
      parent,
    );
    const within = trace.setSpan(parent, span);
    let at = startedAtUs;
    for (const step of facts.steps) {
      const child = tracer.startSpan(step.name, { startTime: toHrTime(at) }, within);
      at += step.durationUs;
      child.end(toHrTime(at));
    }
    if (error) span.setAttribute("error.type", error.code);
    // A caller's mistake is no failure of the server: its span says so by `error.type` alone.
    if (error?.fault) span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
    span.end(toHrTime(startedAtUs + facts.durationUs));
  }

  function emitSome(most: number): void {
    for (const each of waiting.splice(0, most)) {
      try {
        emit(each);
      } catch (error) {
        warn((error as Error).message);
      }
    }
    if (waiting.length > 0) setImmediate(emitSome, sliceSpans);
  }

  return {
    span(facts) {
      if (waiting.length >= maxQueueSize) return warn("more spans than can be told; some were dropped");
      // After the answers of this turn have left.
      if (waiting.length === 0) setImmediate(emitSome, sliceSpans);
      waiting.push(facts);
    },
    async close() {
      emitSome(Infinity);
      const done = new AbortController();
      const shutdown = provider.shutdown().catch(() => undefined);
      await Promise.race([shutdown, clock.sleep(closeTimeoutMs, done.signal)]);
      done.abort();
    },
  };
}

function toResource({ version, instance }: TracerOptions): Resource {
  return resourceFromAttributes({
    "service.name": "slipway",
    "service.version": version,
    "service.instance.id": instance,
  }).merge(detectResources({ detectors: [envDetector] }));
}

/** The first trouble is said at once, then one a minute with how many were not said. */
function createWarner(url: string, { clock, logger }: TracerOptions): (message: string) => void {
  let saidAt: number | null = null;
  let unsaid = 0;
  return (message) => {
    const now = clock.monotonic();
    if (saidAt !== null && now - saidAt < warnEveryMs) {
      unsaid++;
      return;
    }
    logger.warn({ url, reason: message, unsaid }, "traces could not be exported; predictions are not affected");
    saidAt = now;
    unsaid = 0;
  };
}

/** A failed export is warned of; its spans are gone. */
function withWarning(inner: OTLPTraceExporter, warn: (message: string) => void): SpanExporter {
  return {
    export: (spans, done) =>
      inner.export(spans, (result) => {
        if (result.error) warn(toReason(result.error));
        done(result);
      }),
    forceFlush: () => inner.forceFlush(),
    shutdown: () => inner.shutdown(),
  };
}

function toReason(error: Error & { readonly code?: string | number }): string {
  return [error.message, error.code].filter((part) => part !== undefined && part !== "").join(" ");
}

function toHrTime(us: number): HrTime {
  const seconds = Math.floor(us / 1e6);
  return [seconds, Math.round((us - seconds * 1e6) * 1000)];
}

const pattern = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:$|-)/;

function toContext(traceparent: string | null): Context {
  const match = traceparent === null ? null : pattern.exec(traceparent);
  if (!match) return ROOT_CONTEXT;
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId: match[1]!,
    spanId: match[2]!,
    traceFlags: Number.parseInt(match[3]!, 16) & 1,
    isRemote: true,
  });
}
