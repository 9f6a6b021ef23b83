import { createHash } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { deploy } from "../lib/deploy.ts";
import { fetchJson, type JsonRequest } from "../lib/fetch-json.ts";
import { flight, flights } from "../lib/models.ts";
import { sendRaw } from "../lib/raw-http.ts";
import { useServer } from "../lib/server.ts";

const server = useServer();

interface Row {
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** The template of the OpenAPI document where the path is in there. */
  readonly path: string;
  readonly status: number;
  /** Beginning of the content type; null: no body. */
  readonly type: string | null;
  /** What the body has among other things, or begins with; an `error` of OIP is given as its text. */
  readonly body?: object | string | RegExp;
  readonly send?: JsonRequest;
  /** For the rows that end an operation of their own or need a changing address. */
  readonly query?: string;
}

const json = "application/json";
const problem = "application/problem+json";
const record = { ...flight, flight_id: "route-1" };
const bytes = "a blob of the route table";
const digest = createHash("sha256").update(bytes).digest("hex");
const tensors = {
  inputs: [
    ...["origin", "destination"].map((name) => ({ name, datatype: "BYTES", shape: [1, 1], data: ["ATL"] })),
    ...["hour", "weekday"].map((name) => ({ name, datatype: "INT64", shape: [1, 1], data: [5] })),
    ...["distance", "origin_late_3h"].map((name) => ({ name, datatype: "FP32", shape: [1, 1], data: [0.5] })),
  ],
};
const { flight_id: _, ...inputs } = record;
const { origin_late_3h: __, ...scheduled } = inputs;
const frame = { dataframe_split: { columns: Object.keys(inputs), data: [Object.values(inputs)] } };
/** Filled in before the first test. */
const ids = { operation: "", prediction: "" };

beforeAll(async () => {
  await deploy(server.url, flights.v1);
  await deploy(server.url, flights.v2, { manifest: { log: { key: "flight_id", fields: ["origin_late_3h"] } } });
  const operations = await fetchJson(`${server.url}/api/v1/operations`);
  ids.operation = operations.body.items[0].id;
  const answer = await fetchJson(`${server.url}/api/v1/endpoints/flight-delay/predict`, { json: record });
  ids.prediction = answer.body.id;
}, 60_000);

function toUrl(path: string, query = ""): string {
  const values: Record<string, string> = {
    endpoint: "flight-delay",
    model: "flight-delay",
    version: "2",
    alias: "challenger",
    path: "model.onnx",
    sha256: digest,
    id: path.startsWith("/api/v1/predictions") ? ids.prediction : ids.operation,
  };
  return `${server.url}${path.replaceAll(/\{(\w+)\}/g, (_, name: string) => values[name] ?? "")}${query}`;
}

/** In this order: what a row makes, a later one reads or takes away. */
const ours: readonly Row[] = [
  { method: "GET", path: "/api/v1/server", status: 200, type: json, body: { version: "0.1.0", endpoints: [{}] } },
  { method: "GET", path: "/api/v1/logs", status: 200, type: json, body: { items: expect.any(Array) } },
  { method: "GET", path: "/api/v1/audit", status: 200, type: json, body: { items: expect.any(Array), next: null } },
  { method: "GET", path: "/api/v1/backup", status: 200, type: "application/x-tar", body: /^backup\.json\0/ },
  { method: "HEAD", path: "/api/v1/blobs/{sha256}", status: 404, type: null },
  {
    method: "PUT",
    path: "/api/v1/blobs/{sha256}",
    send: { body: bytes, headers: { "content-type": "application/octet-stream" } },
    status: 201,
    type: json,
    body: { sha256: digest, size: bytes.length, complete: true },
  },
  { method: "HEAD", path: "/api/v1/blobs/{sha256}", status: 200, type: null },
  {
    method: "POST",
    path: "/api/v1/deployments",
    send: { json: { name: "nonsense", entry: "a.onnx", files: [{ path: "a.onnx", sha256: digest }] } },
    status: 202,
    type: json,
    body: { kind: "deploy", subject: "nonsense", id: expect.any(String) },
  },
  { method: "GET", path: "/api/v1/operations", status: 200, type: json, body: { items: [{}, {}, {}], next: null } },
  { method: "GET", path: "/api/v1/operations/{id}", status: 200, type: json, body: { state: "succeeded" } },
  {
    method: "GET",
    path: "/api/v1/operations/{id}/events",
    status: 200,
    type: "text/event-stream",
    body: /^data: \{"id":".*"succeeded"/,
  },
  {
    method: "POST",
    path: "/api/v1/operations/{id}/cancel",
    send: { json: {} },
    status: 200,
    type: json,
    body: { state: "succeeded" },
  },
  { method: "GET", path: "/api/v1/models", status: 200, type: json, body: { items: [{ name: "flight-delay" }] } },
  { method: "GET", path: "/api/v1/models/{model}", status: 200, type: json, body: { latest: 2, versions: 2 } },
  {
    method: "GET",
    path: "/api/v1/models/{model}/versions",
    status: 200,
    type: json,
    body: { items: [{ version: 2 }, { version: 1 }] },
  },
  {
    method: "GET",
    path: "/api/v1/models/{model}/versions/{version}",
    status: 200,
    type: json,
    body: { version: 2, flavor: "onnx", aliases: ["champion"] },
  },
  {
    method: "GET",
    path: "/api/v1/models/{model}/versions/{version}/files/{path}",
    status: 200,
    type: "application/octet-stream",
    body: /onnx/,
  },
  {
    method: "POST",
    path: "/api/v1/models/{model}/versions/{version}/verify",
    send: { json: {} },
    status: 202,
    type: json,
    body: { kind: "verify", subject: "flight-delay@2" },
  },
  {
    method: "GET",
    path: "/api/v1/models/{model}/diff",
    query: "?from=1&to=2",
    status: 200,
    type: json,
    body: { from: 1, to: 2, changes: expect.any(Array) },
  },
  {
    method: "PUT",
    path: "/api/v1/models/{model}/aliases/{alias}",
    send: { json: { version: 1 } },
    status: 200,
    type: json,
    body: { alias: "challenger", version: 1 },
  },
  { method: "DELETE", path: "/api/v1/models/{model}/aliases/{alias}", send: { json: {} }, status: 204, type: null },
  {
    method: "DELETE",
    path: "/api/v1/models/{model}/versions/{version}",
    send: { json: {} },
    status: 412,
    type: problem,
    body: { code: "in_use" },
  },
  {
    method: "DELETE",
    path: "/api/v1/models/{model}",
    send: { json: {} },
    status: 412,
    type: problem,
    body: { code: "in_use" },
  },
  { method: "GET", path: "/api/v1/endpoints", status: 200, type: json, body: { items: [{ name: "flight-delay" }] } },
  { method: "GET", path: "/api/v1/endpoints/{endpoint}", status: 200, type: json, body: { state: "ready" } },
  {
    method: "PUT",
    path: "/api/v1/endpoints/{endpoint}",
    send: { json: { manifest: { slipway: 1, name: "flight-delay", serve: { timeout: "9s" } } } },
    status: 200,
    type: json,
    body: { changed: true, changes: [{ to: 9000 }] },
  },
  {
    method: "POST",
    path: "/api/v1/endpoints/{endpoint}/promote",
    send: { json: { version: 1 } },
    status: 200,
    type: json,
    body: { target: { version: 1 } },
  },
  {
    method: "POST",
    path: "/api/v1/endpoints/{endpoint}/rollback",
    send: { json: {} },
    status: 200,
    type: json,
    body: { target: { version: 2 } },
  },
  {
    method: "GET",
    path: "/api/v1/endpoints/{endpoint}/revisions",
    query: "?limit=1",
    status: 200,
    type: json,
    body: { items: [{ action: "rollback" }], next: expect.any(String) },
  },
  {
    method: "POST",
    path: "/api/v1/endpoints/{endpoint}/predict",
    send: { json: record },
    status: 200,
    type: json,
    body: { version: 2, prediction: { late: { class: expect.any(String) } } },
  },
  {
    method: "GET",
    path: "/api/v1/endpoints/{endpoint}/predictions",
    status: 200,
    type: json,
    body: { items: [{ key: "route-1" }, {}] },
  },
  {
    method: "POST",
    path: "/api/v1/endpoints/{endpoint}/labels",
    send: { json: { labels: [{ key: "route-1", value: "late" }], ambiguous: "all" } },
    status: 200,
    type: json,
    body: { received: 1, stored: 1, items: [] },
  },
  {
    method: "GET",
    path: "/api/v1/endpoints/{endpoint}/labels",
    status: 200,
    type: json,
    body: { items: [{ key: "route-1", value: "late" }], next: null },
  },
  {
    method: "GET",
    path: "/api/v1/endpoints/{endpoint}/labels/summary",
    status: 200,
    type: json,
    body: { labels: 1, unknown: 0, pull: null },
  },
  {
    method: "POST",
    path: "/api/v1/endpoints/{endpoint}/labels/import",
    send: { json: { sha256: digest, format: "csv" } },
    status: 202,
    type: json,
    body: { kind: "labels.import" },
  },
  {
    method: "POST",
    path: "/api/v1/endpoints/{endpoint}/labels/pull",
    send: { json: {} },
    status: 412,
    type: problem,
    body: { code: "precondition_failed" },
  },
  {
    method: "POST",
    path: "/api/v1/endpoints/{endpoint}/predictions/query",
    send: { json: { sql: "SELECT key FROM predictions WHERE key = 'route-1' LIMIT 1" } },
    status: 200,
    type: json,
    body: { columns: [{ name: "key", type: "VARCHAR" }], rows: [{ key: "route-1" }], truncated: false },
  },
  {
    method: "POST",
    path: "/api/v1/endpoints/{endpoint}/predictions/erase",
    send: { json: { where: "\"key\" = 'nobody'", dry_run: true } },
    status: 202,
    type: json,
    body: { kind: "erase", subject: "flight-delay/predictions" },
  },
  { method: "GET", path: "/api/v1/predictions/{id}", status: 200, type: json, body: { endpoint: "flight-delay" } },
  {
    method: "POST",
    path: "/api/v1/replays",
    send: { json: { endpoint: "flight-delay" } },
    status: 202,
    type: json,
    body: { kind: "replay", id: expect.any(String) },
  },
  {
    method: "POST",
    path: "/api/v1/gc",
    send: { json: { dry_run: true } },
    status: 202,
    type: json,
    body: { kind: "gc", id: expect.any(String) },
  },
  // The operation of the deployment above is over by now, whatever became of it.
  { method: "DELETE", path: "/api/v1/endpoints/{endpoint}", send: { json: {} }, status: 204, type: null },
  {
    method: "POST",
    path: "/api/v1/endpoints/{endpoint}/rollback",
    send: { json: {} },
    status: 200,
    type: json,
    body: { target: { version: 2 } },
  },
];

const oip = "/v2/models/flight-delay";
const protocols: readonly Row[] = [
  { method: "GET", path: "/v2", status: 200, type: json, body: { name: "slipway", extensions: expect.any(Array) } },
  { method: "GET", path: "/v2/health/live", status: 200, type: json, body: { live: true } },
  { method: "GET", path: "/v2/health/ready", status: 200, type: json, body: { ready: true } },
  { method: "GET", path: oip, status: 200, type: json, body: { name: "flight-delay", platform: "onnx_onnxv1" } },
  { method: "GET", path: `${oip}/ready`, status: 200, type: json, body: { ready: true } },
  {
    method: "POST",
    path: `${oip}/infer`,
    send: { json: tensors },
    status: 200,
    type: json,
    body: { model_version: "2", outputs: [{ name: "late", shape: [1, 2] }] },
  },
  { method: "GET", path: `${oip}/versions/1`, status: 200, type: json, body: { versions: ["1"] } },
  { method: "GET", path: `${oip}/versions/1/ready`, status: 200, type: json, body: { ready: true, version: "1" } },
  {
    method: "POST",
    path: `${oip}/versions/1/infer`,
    send: { json: { inputs: tensors.inputs.slice(0, 5) } },
    status: 200,
    type: json,
    body: { model_version: "1" },
  },
  { method: "GET", path: "/v2/models/nothing", status: 404, type: json, body: { error: /nothing/ } },
  { method: "GET", path: "/v2/models/nothing/ready", status: 404, type: json, body: { error: /nothing/ } },
  { method: "POST", path: "/v2/models/nothing/infer", send: { json: tensors }, status: 404, type: json },
  { method: "GET", path: `${oip}/versions/9`, status: 404, type: json, body: { error: /9/ } },
  { method: "GET", path: "/endpoints/flight-delay/ping", status: 200, type: json, body: { status: "ready" } },
  { method: "GET", path: "/endpoints/flight-delay/version", status: 200, type: json, body: { version: 2 } },
  { method: "GET", path: "/endpoints/flight-delay/openapi.json", status: 200, type: json, body: { openapi: "3.1.0" } },
  {
    method: "POST",
    path: "/endpoints/flight-delay/predict",
    send: { json: [record, record] },
    status: 200,
    type: json,
    body: { predictions: [{}, {}] },
  },
  {
    method: "POST",
    path: "/endpoints/flight-delay/invocations",
    send: { json: frame },
    status: 200,
    type: json,
    body: { predictions: { late: [[expect.any(Number), expect.any(Number)]] } },
  },
  {
    method: "POST",
    path: "/endpoints/flight-delay@1/invocations",
    send: { json: frame },
    status: 200,
    type: json,
    body: { predictions: { late: [[expect.any(Number), expect.any(Number)]] } },
  },
  {
    method: "POST",
    path: "/endpoints/nothing/invocations",
    send: { json: frame },
    status: 404,
    type: json,
    body: { error_code: "RESOURCE_DOES_NOT_EXIST", message: /nothing/ },
  },
  {
    method: "POST",
    path: "/invocations",
    send: { json: frame },
    status: 200,
    type: json,
    body: { predictions: { late: [[expect.any(Number), expect.any(Number)]] } },
  },
  { method: "GET", path: "/ping", status: 200, type: json, body: /^\n$/ },
  { method: "GET", path: "/version", status: 200, type: "text/plain", body: /^3\.3\.\d+$/ },
  { method: "GET", path: "/v1/models", status: 200, type: json, body: { models: ["flight-delay"] } },
  {
    method: "GET",
    path: "/v1/models/flight-delay",
    status: 200,
    type: json,
    body: { name: "flight-delay", ready: true },
  },
  { method: "GET", path: "/v1/models/nothing", status: 404, type: json, body: { error: /nothing/ } },
  {
    method: "POST",
    path: "/v1/models/flight-delay:predict",
    send: { json: { instances: [inputs] } },
    status: 200,
    type: json,
    body: { predictions: [[expect.any(Number), expect.any(Number)]] },
  },
  {
    method: "POST",
    path: "/v1/models/flight-delay/versions/1:predict",
    send: { json: { instances: [scheduled] } },
    status: 200,
    type: json,
    body: { predictions: [[expect.any(Number), expect.any(Number)]] },
  },
  {
    method: "POST",
    path: "/v1/models/flight-delay:explain",
    send: { json: { instances: [inputs] } },
    status: 501,
    type: json,
    body: { error: /explain/ },
  },
  {
    method: "POST",
    path: "/v1/models/flight-delay:guess",
    send: { json: {} },
    status: 404,
    type: json,
    body: { error: /guess/ },
  },
  {
    method: "POST",
    path: "/v1/models/flight-delay",
    send: { json: {} },
    status: 404,
    type: json,
    body: { error: /verb/ },
  },
  { method: "GET", path: "/endpoints/nothing/ping", status: 404, type: problem, body: { code: "endpoint_not_found" } },
  { method: "GET", path: "/health", status: 200, type: "text/plain", body: /^OK$/ },
  { method: "GET", path: "/health/live", status: 200, type: json, body: { live: true } },
  { method: "GET", path: "/health/ready", status: 200, type: json, body: { ready: true } },
  { method: "GET", path: "/metrics", status: 200, type: "text/plain; version=0.0.4", body: /^# HELP slipway_/ },
  { method: "GET", path: "/openapi.json", status: 200, type: json, body: { openapi: "3.1.0" } },
  {
    method: "GET",
    path: "/docs",
    send: { headers: { accept: "text/html" } },
    status: 200,
    type: "text/html",
    body: /^<!doctype html>/i,
  },
  { method: "GET", path: "/", status: 200, type: json, body: { status: "alive" } },
];

const unimplemented = { code: "unimplemented", status: 404, detail: expect.stringContaining("not built yet") };
const later: readonly Row[] = (
  [
    ["POST", "/api/2.0/mlflow/runs/create"],
    ["GET", "/api/2.0/mlflow/experiments/search"],
    ["GET", "/api/3.0/mlflow/traces"],
    ["PUT", "/api/2.0/mlflow-artifacts/artifacts/a/b"],
    ["GET", "/ajax-api/2.0/mlflow/runs/get"],
    ["POST", "/ajax-api/3.0/mlflow/anything"],
    ["GET", "/console"],
    ["GET", "/console/"],
    ["GET", "/console/models"],
  ] as const
).map(([method, path]) => ({ method, path, status: 404, type: problem, body: unimplemented }));

const unknown: readonly Row[] = (
  [
    ["GET", "/nothing"],
    ["POST", "/api/v1/nothing"],
    ["GET", "/api/v1"],
    ["PATCH", "/api/v1/server"],
    ["DELETE", "/api/v1/endpoints"],
    ["GET", "/api/v1/endpoints/flight-delay/predict"],
    ["GET", "/v2/models/flight-delay/infer"],
    ["GET", "/endpoints/flight-delay/invocations"],
    ["GET", "/invocations"],
    ["POST", "/ping"],
    ["GET", "/v1/models/flight-delay/versions/1"],
    ["GET", "/v3"],
    ["GET", "/favicon.ico"],
    ["GET", "/..%2f..%2fetc/passwd"],
  ] as const
).map(([method, path]) => ({ method, path, status: 404, type: problem, body: { code: "not_found", status: 404 } }));

function titleOf({ method, path, status, query = "" }: Row): string {
  return `${method} ${path}${query} -> ${status}`;
}

async function check({ method, path, query, send = {}, status, type, body }: Row): Promise<void> {
  const answer = await fetchJson(toUrl(path, query), { method, ...send });
  expect(answer.status, JSON.stringify(answer.body)).toBe(status);
  if (type === null) expect(answer.body).toBe("");
  else expect(answer.headers.get("content-type")).toMatch(new RegExp(`^${type.replaceAll("+", "\\+")}`));
  if (body instanceof RegExp) expect(answer.body).toMatch(body);
  else if (body !== undefined) expect(answer.body).toMatchObject(toMatcher(body as object));
}

/** A pattern stands for a text that matches it. */
function toMatcher(body: object): object {
  return Object.fromEntries(
    Object.entries(body).map(([key, value]) => [
      key,
      value instanceof RegExp ? (expect.stringMatching(value) as unknown) : value,
    ]),
  );
}

describe("/api/v1", () => {
  for (const row of ours) test(titleOf(row), () => check(row));

  test("the table has every route of /openapi.json, and no other", async () => {
    const { body } = await fetchJson(`${server.url}/openapi.json`);
    const documented = Object.entries(body.paths as Record<string, object>).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const here = new Set(ours.map(({ method, path }) => `${method} ${path}`));
    expect([...here].toSorted()).toEqual(documented.toSorted());
  });

  test.each([
    ["GET", "/api/v1/models/nothing", "model_not_found"],
    ["GET", "/api/v1/models/flight-delay/versions/9", "version_not_found"],
    ["GET", "/api/v1/models/flight-delay/versions/nobody", "alias_not_found"],
    ["GET", "/api/v1/models/nothing/versions", "model_not_found"],
    ["GET", "/api/v1/models/flight-delay/versions/9/files/model.onnx", "version_not_found"],
    ["GET", "/api/v1/models/flight-delay/versions/2/files/nothing", "blob_not_found"],
    ["GET", "/api/v1/endpoints/nothing", "endpoint_not_found"],
    ["GET", "/api/v1/endpoints/nothing/revisions", "endpoint_not_found"],
    ["GET", "/api/v1/endpoints/nothing/predictions", "endpoint_not_found"],
    ["POST", "/api/v1/endpoints/nothing/predict", "endpoint_not_found"],
    ["POST", "/api/v1/endpoints/nothing/promote", "endpoint_not_found"],
    ["POST", "/api/v1/endpoints/nothing/rollback", "endpoint_not_found"],
    ["DELETE", "/api/v1/endpoints/nothing", "endpoint_not_found"],
    ["DELETE", "/api/v1/models/nothing", "model_not_found"],
    ["DELETE", "/api/v1/models/flight-delay/aliases/nobody", "alias_not_found"],
    ["GET", "/api/v1/operations/nothing", "operation_not_found"],
    ["GET", "/api/v1/operations/nothing/events", "operation_not_found"],
    ["POST", "/api/v1/operations/nothing/cancel", "operation_not_found"],
    ["GET", "/api/v1/predictions/nothing", "prediction_not_found"],
    ["GET", "/api/v1/predictions/01931c3e-7a51-7c60-b3a5-0d2f6f1f2a11", "prediction_not_found"],
  ])("%s %s -> 404 %s", async (method, path, code) => {
    const send = method === "GET" ? {} : { json: { version: 1 } };
    const answer = await fetchJson(`${server.url}${path}`, { method, ...send });
    expect(answer.status, JSON.stringify(answer.body)).toBe(404);
    expect(answer.headers.get("content-type")).toMatch(/^application\/problem\+json/);
    expect(answer.body).toMatchObject({ code, status: 404, retryable: false });
    expect(answer.body.detail).toContain(path.includes("01931c3e") ? "01931c3e" : /nothing|nobody|9/.exec(path)?.[0]);
  });
});

describe("protocols, health and pages", () => {
  for (const row of protocols) test(titleOf(row), () => check(row));

  test("GET / sends a browser to /docs", async () => {
    const answer = await fetchJson(`${server.url}/`, {
      headers: { accept: "text/html,application/xhtml+xml,*/*;q=0.8" },
    });
    expect([answer.status, answer.headers.get("location")]).toEqual([302, "/docs"]);
  });

  test("/docs asks nothing of another server", async () => {
    const answer = await fetchJson<string>(`${server.url}/docs`);
    expect(answer.headers.get("content-security-policy")).toContain("default-src 'self'");
    expect(answer.body).not.toMatch(/(src|href)="(https?:)?\/\//);
  });

  test("a trailing slash and a query change nothing", async () => {
    expect((await fetchJson(`${server.url}/health/live/?x=1`)).body).toEqual({ live: true });
  });
});

describe("what later issues build answers 404 unimplemented", () => {
  for (const row of later) test(titleOf(row), () => check(row));
});

describe("what nobody will build answers 404 not_found", () => {
  for (const row of unknown) test(titleOf(row), () => check(row));

  test.each([
    ["/%zz%", problem, { code: "invalid_request", status: 400 }],
    ["/v2/models/%zz/infer", json, { error: expect.stringContaining("%zz") as unknown }],
    ["/v1/models/%zz", json, { error: expect.stringContaining("%zz") as unknown }],
    ["/endpoints/%zz/invocations", json, { error_code: "BAD_REQUEST" }],
  ])("%s, which is no path, is refused, not fatal", async (path, type, body) => {
    const { status, text } = await sendRaw(server.port, [`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`]);
    expect(status).toBe(400);
    expect(text).toMatch(new RegExp(`content-type: ${type.replaceAll("+", "\\+")}`, "i"));
    expect(JSON.parse(text.slice(text.indexOf("\r\n\r\n")))).toMatchObject(body);
  });

  test("a name of more than a thousand characters is refused in problem+json", async () => {
    const answer = await fetchJson(`${server.url}/api/v1/endpoints/${"a".repeat(1001)}`);
    expect(answer.headers.get("content-type")).toMatch(/^application\/problem\+json/);
    expect([answer.status, answer.body.code]).toEqual([413, "too_large"]);
  });
});
