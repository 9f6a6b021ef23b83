import { execFileSync } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { systemClock, type Clock } from "../../kernel/clock.ts";
import { silentLogger } from "../../kernel/logger.ts";
import { createTracer } from "./create-tracer.ts";
import type { SpanFacts } from "./tracer.ts";

interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly { key: string; value: Record<string, unknown> }[];
  readonly status: { code?: number; message?: string };
}

interface OtlpBody {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly { key: string; value: { stringValue: string } }[] };
    readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[];
  }[];
}

const facts: SpanFacts = {
  name: "predict iris",
  startedAtUs: 1_700_000_000_000_000,
  durationUs: 2_500.25,
  traceparent: null,
  attributes: { "slipway.endpoint": "iris", "slipway.rows": 3, "slipway.pinned": false },
  steps: [
    { name: "parse", durationUs: 500 },
    { name: "run", durationUs: 1500 },
  ],
  error: null,
};

async function startCollector(status = 200) {
  const bodies: OtlpBody[] = [];
  const paths: string[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      paths.push(`${request.method} ${request.url} ${request.headers["content-type"]}`);
      bodies.push(JSON.parse(Buffer.concat(parts).toString()) as OtlpBody);
      response.writeHead(status, { "content-type": "application/json" }).end("{}");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const spans = () => bodies.flatMap((body) => body.resourceSpans[0]!.scopeSpans[0]!.spans);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, bodies, paths, spans };
}

function collectWarnings() {
  const warnings: { facts: Record<string, unknown>; message: string }[] = [];
  const warn = (given: object, message: string) =>
    void warnings.push({ facts: given as Record<string, unknown>, message });
  return { warnings, logger: { ...silentLogger, warn } };
}

function open(endpoint: string, more: { clock?: Clock; logger?: typeof silentLogger } = {}) {
  const base = { version: "1.2.3", instance: "i-1", clock: systemClock, logger: silentLogger, delayMs: 20 };
  return createTracer({ ...base, ...more, endpoint });
}

test("a span carries its times, attributes and steps", async () => {
  const collector = await startCollector();
  const tracer = await open(`${collector.url}/`);
  tracer.span(facts);
  await tracer.close();
  expect(collector.paths).toEqual(["POST /v1/traces application/json"]);
  const resource = Object.fromEntries(
    collector.bodies[0]!.resourceSpans[0]!.resource.attributes.map(({ key, value }) => [key, value.stringValue]),
  );
  expect(resource).toEqual({ "service.name": "slipway", "service.version": "1.2.3", "service.instance.id": "i-1" });
  const spans = collector.spans();
  const root = spans.find((span) => span.kind === 2)!;
  expect(root).toMatchObject({
    name: "predict iris",
    startTimeUnixNano: "1700000000000000000",
    endTimeUnixNano: "1700000000002500250",
    attributes: [
      { key: "slipway.endpoint", value: { stringValue: "iris" } },
      { key: "slipway.rows", value: { intValue: 3 } },
      { key: "slipway.pinned", value: { boolValue: false } },
    ],
  });
  expect(root.parentSpanId).toBeUndefined();
  const steps = spans.filter((span) => span.parentSpanId === root.spanId);
  expect(steps.map((span) => [span.name, span.startTimeUnixNano, span.endTimeUnixNano, span.traceId])).toEqual([
    ["parse", "1700000000000000000", "1700000000000500000", root.traceId],
    ["run", "1700000000000500000", "1700000000002000000", root.traceId],
  ]);
});

test("the caller's trace goes on; one that is not sampled is left out, one that is malformed begins anew", async () => {
  const collector = await startCollector();
  const tracer = await open(`${collector.url}/v1/traces`);
  const trace = "0af7651916cd43dd8448eb211c80319c";
  const caller = "b7ad6b7169203331";
  const alone = { ...facts, steps: [] };
  tracer.span({ ...alone, name: "kept", traceparent: `00-${trace}-${caller}-01` });
  tracer.span({ ...alone, name: "not sampled", traceparent: `00-${trace}-${caller}-00` });
  tracer.span({ ...alone, name: "malformed", traceparent: `00-${"0".repeat(32)}-${caller}-01` });
  await tracer.close();
  expect(collector.paths[0]).toContain(" /v1/traces ");
  expect(collector.spans().map(({ name, traceId, parentSpanId }) => [name, traceId, parentSpanId])).toEqual([
    ["kept", trace, caller],
    ["malformed", expect.not.stringMatching(new RegExp(`${trace}|^0+$`)), undefined],
  ]);
});

test("only a fault of the server marks its span as failed; every error is named", async () => {
  const collector = await startCollector();
  const tracer = await open(collector.url);
  tracer.span({ ...facts, name: "fault", steps: [], error: { code: "model_failed", message: "No.", fault: true } });
  tracer.span({ ...facts, name: "caller", steps: [], error: { code: "invalid_input", message: "No.", fault: false } });
  await tracer.close();
  const types = collector.spans().map(({ attributes }) => attributes.find(({ key }) => key === "error.type")?.value);
  expect(types).toEqual([{ stringValue: "model_failed" }, { stringValue: "invalid_input" }]);
  expect(collector.spans().map(({ status }) => status.code ?? 0)).toEqual([2, 0]);
});

test("a collector that refuses is warned of once a minute", async () => {
  const collector = await startCollector(400);
  const { warnings, logger } = collectWarnings();
  let now = 0;
  const tracer = await open(collector.url, { logger, clock: { ...systemClock, monotonic: () => now } });
  const send = async () => {
    const before = collector.bodies.length;
    tracer.span(facts);
    await expect.poll(() => collector.bodies.length).toBe(before + 1);
    await systemClock.sleep(50);
  };
  await send();
  await send();
  now = 59_999;
  await send();
  expect(warnings).toHaveLength(1);
  expect(warnings[0]!.facts).toMatchObject({ url: `${collector.url}/v1/traces`, unsaid: 0 });
  expect(String(warnings[0]!.facts["reason"])).toContain("400");
  now = 60_000;
  await send();
  await tracer.close();
  expect(warnings).toHaveLength(2);
  expect(warnings[1]!.facts).toMatchObject({ unsaid: 2 });
});

test("a collector that is not there delays nothing, not even the end", async () => {
  const { logger, warnings } = collectWarnings();
  const tracer = await open("http://127.0.0.1:9", { logger });
  const started = performance.now();
  for (let i = 0; i < 20_000; i++) tracer.span({ ...facts, steps: [] });
  expect(performance.now() - started).toBeLessThan(500);
  await tracer.close();
  expect(performance.now() - started).toBeLessThan(4_000);
  expect(warnings.length).toBeLessThanOrEqual(1);
});

test("an address that is none is refused", async () => {
  await expect(open("collector:4318")).rejects.toMatchObject({ code: "invalid_config" });
  await expect(open("nonsense")).rejects.toThrow(/http:\/\/localhost:4318/);
});

test("a server that nobody asked for traces or its docs page loads neither", () => {
  const app = new URL("../../app.ts", import.meta.url).href;
  const script = `
    import { registerHooks } from "node:module";
    const loaded = [];
    registerHooks({ resolve: (name, context, next) => { const to = next(name, context); loaded.push(to.url); return to; } });
    await import(${JSON.stringify(app)});
    // All of it, also where that is more than a pipe holds.
    process.stdout.write([...new Set(loaded)].join("\\n"), () => process.exit(0));`;
  const loaded = execFileSync(process.execPath, ["--input-type=module", "--eval", script], { encoding: "utf8" });
  expect(loaded).toContain("fastify");
  // prom-client brings the small @opentelemetry/api by itself.
  expect(loaded.match(/@opentelemetry\/(?!api\/)[^/]+|otlp-tracer|@scalar/g)).toBeNull();
});
