import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { deploy } from "../lib/deploy.ts";
import { fetchJson } from "../lib/fetch-json.ts";
import { smallModel } from "../lib/models.ts";
import { startServer, type TestServer } from "../lib/server.ts";

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly { key: string; value: Record<string, string | number | boolean> }[];
  readonly status: { readonly code?: number };
}

/** A collector that keeps what it gets. */
async function startCollector() {
  const spans: Span[] = [];
  const server = createServer((request, response) => {
    let text = "";
    request.setEncoding("utf8").on("data", (part: string) => (text += part));
    request.on("end", () => {
      for (const resource of JSON.parse(text).resourceSpans)
        for (const scope of resource.scopeSpans) spans.push(...scope.spans);
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return { spans, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

function attributesOf(span: Span): Record<string, unknown> {
  return Object.fromEntries(span.attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}

const trace = "0af7651916cd43dd8448eb211c80319c";
const caller = "b7ad6b7169203331";
const headers = { traceparent: `00-${trace}-${caller}-01` };
const rows = { X: [1, 2, 3, 4] };

async function startTraced(endpoint: string): Promise<TestServer> {
  const server = await startServer({ args: ["--otlp-endpoint", endpoint] });
  await deploy(server.url, smallModel("matrix"), { name: "matrix" });
  return server;
}

test("each answer of each face is a span of the caller's trace", async () => {
  const collector = await startCollector();
  const server = await startTraced(collector.url);
  const predicted = await fetchJson(`${server.url}/endpoints/matrix/predict`, { json: [rows, rows], headers });
  expect(predicted.status, JSON.stringify(predicted.body)).toBe(200);
  const tensor = { name: "X", datatype: "FP32", shape: [1, 4], data: [1, 2, 3, 4] };
  const inferred = await fetchJson(`${server.url}/v2/models/matrix/versions/1/infer`, { json: { inputs: [tensor] } });
  expect(inferred.status, JSON.stringify(inferred.body)).toBe(200);
  const refused = await fetchJson(`${server.url}/endpoints/matrix/predict`, { json: { X: "no" }, headers });
  expect(refused.status).toBe(400);
  await server.stop();

  const served = collector.spans.filter((span) => span.kind === 2);
  expect(served.map((span) => span.name)).toEqual(["predict matrix", "infer matrix", "predict matrix"]);
  const [first, second, third] = served as [Span, Span, Span];
  expect([first.traceId, first.parentSpanId]).toEqual([trace, caller]);
  expect(attributesOf(first)).toEqual({
    "slipway.endpoint": "matrix",
    "slipway.revision": 1,
    "slipway.face": "predict",
    "slipway.prediction_id": predicted.body.id,
    "slipway.rows": 2,
    "slipway.status": "ok",
    "slipway.pinned": false,
    "slipway.logged": true,
    "slipway.model": "matrix",
    "slipway.version": 1,
    "slipway.placement": expect.stringMatching(/^(thread|worker)$/),
    "slipway.batch_rows": 2,
  });
  expect(second.traceId).not.toBe(trace);
  expect(second.parentSpanId).toBeUndefined();
  expect(attributesOf(second)).toMatchObject({ "slipway.face": "oip", "slipway.pinned": true, "slipway.rows": 1 });
  expect(attributesOf(third)).toMatchObject({
    "slipway.status": "error",
    "error.type": refused.body.code,
    "slipway.prediction_id": refused.body.instance,
  });
  expect(third.status.code ?? 0).toBe(0);

  const steps = collector.spans.filter((span) => span.parentSpanId === first.spanId);
  expect(steps.map((span) => span.name)).toEqual(["parse", "queue", "run"]);
  const [begin, end] = [BigInt(first.startTimeUnixNano), BigInt(first.endTimeUnixNano)];
  for (const step of steps) {
    expect(step.traceId).toBe(trace);
    expect(BigInt(step.startTimeUnixNano) >= begin && BigInt(step.endTimeUnixNano) <= end).toBe(true);
  }
  expect(Math.abs(Number(begin / 1_000_000n) - Date.now())).toBeLessThan(60_000);
});

test("without a collector every answer comes as before, the trouble is said once, and the end is in time", async () => {
  const server = await startTraced("http://127.0.0.1:9");
  for (let i = 0; i < 50; i++)
    expect((await fetchJson(`${server.url}/endpoints/matrix/predict`, { json: rows })).status).toBe(200);
  await expect.poll(() => server.stderr(), { timeout: 15_000 }).toContain("traces could not be exported");
  for (let i = 0; i < 50; i++)
    expect((await fetchJson(`${server.url}/endpoints/matrix/predict`, { json: rows })).status).toBe(200);
  const started = performance.now();
  expect(await server.stop()).toBe(0);
  expect(performance.now() - started).toBeLessThan(6_000);
  expect(server.stderr().match(/traces could not be exported/g)).toHaveLength(1);
}, 60_000);

test("an address that is none stops the start", async () => {
  await expect(startServer({ args: ["--otlp-endpoint", "collector:4318"] })).rejects.toThrow(/otlp_endpoint must be/);
});

test("a span tells no more of a redacted field than the log", async () => {
  const collector = await startCollector();
  const server = await startServer({ args: ["--otlp-endpoint", collector.url] });
  await deploy(server.url, smallModel("picky"), { name: "picky", manifest: { log: { redact: ["code"] } } });
  // A table of three is looked up at code - 10, and ONNX Runtime names the index that is outside.
  const failed = await fetchJson(`${server.url}/endpoints/picky/predict`, { json: { code: 471_120 } });
  expect([failed.status, failed.body.detail]).toEqual([500, expect.stringContaining("471110")]);
  await server.stop();

  expect(collector.spans.map((span) => [span.name, span.status.code])).toContainEqual(["predict picky", 2]);
  expect(JSON.stringify(collector.spans)).not.toContain("471110");
  expect(server.stderr()).not.toContain("471110");
});
