import { beforeAll, describe, expect, test } from "vitest";
import { deploy } from "../lib/deploy.ts";
import { fetchJson } from "../lib/fetch-json.ts";
import { flights } from "../lib/models.ts";
import { sendRaw } from "../lib/raw-http.ts";
import { useServer } from "../lib/server.ts";
import { incidentRows } from "./routes/incident-rows.ts";
import { rolloutRows } from "./routes/rollout-rows.ts";
import { ours as ourRows } from "./routes/our-rows.ts";
import { mlflow, unknownToMlflow } from "./routes/mlflow-rows.ts";
import { artifactRows } from "./routes/artifact-rows.ts";
import { later, protocols, unknown } from "./routes/protocol-rows.ts";
import { json, problem, record, digest, type Row } from "./routes/row.ts";

const server = useServer();
const ours = [...ourRows, ...incidentRows, ...rolloutRows];

/** Filled in before the first test. */
const ids = { operation: "", prediction: "", run: "" };

beforeAll(async () => {
  await deploy(server.url, flights.v1);
  await deploy(server.url, flights.v2, { manifest: { log: { key: "flight_id", fields: ["origin_late_3h"] } } });
  const operations = await fetchJson(`${server.url}/api/v1/operations`);
  ids.operation = operations.body.items[0].id;
  const answer = await fetchJson(`${server.url}/api/v1/endpoints/flight-delay/predict`, { json: record });
  ids.prediction = answer.body.id;
  const run = await fetchJson(`${server.url}/api/2.0/mlflow/runs/create`, { json: { run_name: "routed" } });
  ids.run = run.body.run.info.run_id;
}, 60_000);

function toUrl(path: string, query = ""): string {
  const values: Record<string, string> = {
    endpoint: "flight-delay",
    model: "flight-delay",
    version: "2",
    alias: "challenger",
    path: "model.onnx",
    sha256: digest,
    hash: "0".repeat(64),
    channel: "routed",
    experiment: "Default",
    run: ids.run,
    id: path.startsWith("/api/v1/predictions") ? ids.prediction : ids.operation,
  };
  return `${server.url}${path.replaceAll(/\{(\w+)\}/g, (_, name: string) => values[name] ?? "")}${query}`;
}

/** The path of a protocol as the document has it. */
function toTemplate(path: string): string {
  return path
    .replace("/models/flight-delay", "/models/{model}")
    .replace(/\{model\}\/versions\/\d+/, "{model}/versions/{version}");
}

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
    const oip = protocols.filter(({ path, status }) => path.startsWith("/v2") && status === 200);
    const here = new Set([...ours, ...oip].map(({ method, path }) => `${method} ${toTemplate(path)}`));
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
    ["GET", "/api/v1/experiments/nothing", "experiment_not_found"],
    ["GET", "/api/v1/runs/nothing", "run_not_found"],
    ["GET", "/api/v1/operations/nothing/events", "operation_not_found"],
    ["POST", "/api/v1/operations/nothing/cancel", "operation_not_found"],
    ["GET", "/api/v1/predictions/nothing", "prediction_not_found"],
    ["GET", "/api/v1/predictions/01931c3e-7a51-7c60-b3a5-0d2f6f1f2a11", "prediction_not_found"],
  ])("%s %s -> 404 %s", async (method, path, code) => {
    const send = method === "GET" ? {} : { json: path.endsWith("/promote") ? { version: 1 } : {} };
    const answer = await fetchJson(`${server.url}${path}`, { method, ...send });
    expect(answer.status, JSON.stringify(answer.body)).toBe(404);
    expect(answer.headers.get("content-type")).toMatch(/^application\/problem\+json/);
    expect(answer.body).toMatchObject({ code, status: 404, retryable: false });
    expect(answer.body.detail).toContain(path.includes("01931c3e") ? "01931c3e" : /nothing|nobody|9/.exec(path)?.[0]);
  });
});

describe("protocols, health and pages", () => {
  for (const row of [...protocols, ...artifactRows]) test(titleOf(row), () => check(row));

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

describe("MLflow", () => {
  for (const row of mlflow) test(titleOf(row), () => check(row));
  for (const row of unknownToMlflow) test(titleOf(row), () => check(row));
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

  test.each(["QUERY", "PROPFIND", "TRACE"])("%s, which no path has, is not found either", async (method) => {
    const { status, text } = await sendRaw(server.port, [`${method} /v2 HTTP/1.1\r\nHost: localhost\r\n\r\n`]);
    expect([status, text]).toEqual([404, expect.stringContaining('"code":"not_found"')]);
  });

  test("a name of more than a thousand characters is refused in problem+json", async () => {
    const answer = await fetchJson(`${server.url}/api/v1/endpoints/${"a".repeat(1001)}`);
    expect(answer.headers.get("content-type")).toMatch(/^application\/problem\+json/);
    expect([answer.status, answer.body.code]).toEqual([413, "too_large"]);
  });
});
