import { beforeAll, describe, expect, test } from "vitest";
import { runCli } from "../lib/cli.ts";
import { deploy } from "../lib/deploy.ts";
import { fetchJson, type AnyJson, type JsonRequest } from "../lib/fetch-json.ts";
import { flight, flights } from "../lib/models.ts";
import { startServer, useServer } from "../lib/server.ts";

const admin = "the-first-admin-token";
const server = useServer({ env: { SLIPWAY_TOKEN: admin } });
const scopes = ["infer", "read", "track", "deploy", "admin"] as const;
type Scope = (typeof scopes)[number];
const tokens: Record<string, { id: string; secret: string }> = {};
const { origin_late_3h: _, ...record } = flight;

async function createToken(
  data: string,
  scope: Scope,
  rate: readonly string[] = [],
): Promise<{ id: string; secret: string }> {
  const args = ["token", "create", "--data", data, "--user", `${scope}-user`, "--scope", scope, ...rate, "-o", "json"];
  const { code, stdout, stderr } = await runCli(args);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as { id: string; secret: string };
}

function ask(path: string, token: string | null, request: JsonRequest = {}) {
  const headers = token === null ? {} : { authorization: `Bearer ${token}` };
  return fetchJson(`${server.url}${path}`, { ...request, headers });
}

beforeAll(async () => {
  for (const scope of scopes) tokens[scope] = await createToken(server.data, scope);
  const deployed = await runCli(["deploy", flights.v1], { url: server.url, env: { SLIPWAY_TOKEN: admin } });
  expect(deployed.code, deployed.stderr).toBe(0);
}, 120_000);

const predict: JsonRequest = { json: record };

/** One route of every scope and face: what it needs, and what it answers the one who may. */
const routes: readonly (readonly [Scope, string, string, JsonRequest, number])[] = [
  ["infer", "POST", "/api/v1/endpoints/flight-delay/predict", predict, 200],
  ["infer", "POST", "/endpoints/flight-delay/predict", predict, 200],
  ["infer", "GET", "/endpoints/flight-delay/openapi.json", {}, 200],
  ["infer", "POST", "/v2/models/flight-delay/infer", { json: {} }, 400],
  ["infer", "POST", "/endpoints/flight-delay/invocations", { json: {} }, 400],
  ["infer", "POST", "/invocations", { json: { dataframe_records: [record] } }, 200],
  ["infer", "GET", "/ping", {}, 200],
  ["infer", "GET", "/v1/models", {}, 200],
  ["infer", "POST", "/v1/models/flight-delay:predict", { json: { instances: [record] } }, 200],
  ["infer", "GET", "/v2/models/flight-delay/config", {}, 200],
  ["infer", "GET", "/v2/models/flight-delay/stats", {}, 200],
  ["read", "GET", "/api/v1/models", {}, 200],
  ["read", "POST", "/v2/repository/index", {}, 200],
  ["read", "GET", "/api/v1/endpoints/flight-delay/predictions", {}, 200],
  ["read", "GET", "/api/v1/logs", {}, 200],
  ["read", "GET", "/metrics", {}, 200],
  ["deploy", "PUT", "/api/v1/models/flight-delay/aliases/blue", { json: { version: 1 } }, 200],
  ["deploy", "POST", "/api/v1/endpoints/flight-delay/monitor/backtest", { json: { days: 1 } }, 202],
  ["deploy", "POST", "/api/v1/deployments", { json: {} }, 400],
  ["deploy", "POST", "/v2/repository/models/nothing/load", {}, 404],
  ["deploy", "POST", "/v2/repository/models/nothing/unload", {}, 404],
  ["admin", "DELETE", "/api/v1/models/nothing", { json: {} }, 404],
  ["read", "GET", "/api/2.0/mlflow/experiments/get?experiment_id=0", {}, 200],
  ["read", "POST", "/ajax-api/2.0/mlflow/runs/search", { json: {} }, 200],
  ["read", "POST", "/graphql", { json: { query: "{ __typename }" } }, 200],
  ["track", "POST", "/api/2.0/mlflow/runs/create", { json: {} }, 200],
  ["track", "POST", "/mlflow/ajax-api/2.0/mlflow/registered-models/create", { json: {} }, 400],
  ["deploy", "POST", "/api/2.0/mlflow/registered-models/alias", { json: {} }, 400],
  ["deploy", "POST", "/api/2.0/mlflow/model-versions/transition-stage", { json: {} }, 400],
  ["admin", "GET", "/api/2.0/mlflow/webhooks", {}, 200],
];

/** Reading what was predicted and predicting are different rights: neither includes the other. */
const may: Readonly<Record<Scope, readonly Scope[]>> = {
  infer: ["infer"],
  read: ["read"],
  track: ["read", "track"],
  deploy: ["infer", "read", "track", "deploy"],
  admin: ["infer", "read", "track", "deploy", "admin"],
};

describe.each(routes)("%s: %s %s", (needed, method, path, request, status) => {
  test("is closed to whoever has no token or a wrong one", async () => {
    for (const token of [null, "wrong", "", `${admin}x`, admin.slice(0, -1)]) {
      const { status: refused, body } = await ask(path, token, { method, ...request });
      expect([token, refused]).toEqual([token, 401]);
      expect(JSON.stringify(body)).toMatch(/token/);
      expect(JSON.stringify(body)).not.toContain(admin);
    }
  });

  test.each(scopes)("as %s", async (scope) => {
    const { status: got, body } = await ask(path, tokens[scope]!.secret, { method, ...request });
    expect(got, JSON.stringify(body)).toBe(may[scope].includes(needed) ? status : 403);
    if (got === 403) expect(JSON.stringify(body)).toContain(needed);
  });

  test("is open to the token that the server was started with", async () => {
    expect((await ask(path, admin, { method, ...request })).status).toBe(status);
  });
});

test("over the rate of a token every face refuses in its own words and says when to come back", async () => {
  const { secret } = await createToken(server.data, "deploy", ["--rate", "3/h"]);
  const headers = { authorization: `Bearer ${secret}` };
  for (let i = 0; i < 3; i++)
    expect((await ask("/endpoints/flight-delay/predict", secret, predict)).status, `request ${i}`).toBe(200);
  for (const [needed, method, path, request] of routes.filter(([scope]) => scope === "infer")) {
    const refused = await fetchJson(`${server.url}${path}`, { method, ...request, headers });
    expect([path, needed, refused.status]).toEqual([path, "infer", 429]);
    expect(JSON.stringify(refused.body), path).toContain("3 requests an hour");
    expect(Number(refused.headers.get("retry-after")), path).toBeGreaterThan(1_000);
  }
  const refused = await fetchJson(`${server.url}/endpoints/flight-delay/predict`, { ...predict, headers });
  expect(refused.body).toMatchObject({ code: "rate_limited", retryable: true, details: { rate: "3/h", burst: 3 } });
  const metrics = (await ask("/metrics", secret)).body as string;
  const counted = Number(/slipway_rate_limited_total\{user="deploy-user"\} (\d+)/.exec(metrics)?.[1]);
  expect(counted).toBe(routes.filter(([scope]) => scope === "infer").length + 1);
  // Neither what it reads and changes nor another token of the same user is concerned.
  expect((await ask("/api/v1/models", secret)).status).toBe(200);
  expect((await ask("/endpoints/flight-delay/predict", tokens["deploy"]!.secret, predict)).status).toBe(200);
});

test("a token is as good as the password of Basic, but a page of another site may change nothing with it", async () => {
  const { secret } = tokens["deploy"]!;
  const basic = (pair: string) => ({ authorization: `Basic ${Buffer.from(pair).toString("base64")}` });
  const url = `${server.url}/endpoints/flight-delay/predict`;
  for (const pair of [`anybody:${secret}`, `${secret}:`, secret])
    expect((await fetchJson(url, { ...predict, headers: basic(pair) })).status, pair.slice(0, 9)).toBe(200);
  for (const pair of ["", ":", `${secret}:wrong`, "anybody:wrong"])
    expect((await fetchJson(url, { ...predict, headers: basic(pair) })).status, pair.slice(0, 9)).toBe(401);
  const from = async (headers: Record<string, string>, request: JsonRequest) =>
    (await fetchJson(url, { ...request, headers: { ...basic(`:${secret}`), ...headers } })).status;
  expect(await from({ origin: "https://evil.example" }, predict)).toBe(403);
  expect(await from({ "sec-fetch-site": "cross-site" }, predict)).toBe(403);
  expect(await from({ origin: new URL(server.url).origin }, predict)).toBe(200);
  expect(await from({ "sec-fetch-site": "same-origin", origin: "https://proxied.example" }, predict)).toBe(200);
  // With Bearer the page must have been given the token.
  const bearer = { authorization: `Bearer ${secret}`, origin: "https://friend.example" };
  expect((await fetchJson(url, { ...predict, headers: bearer })).status).toBe(200);
  // A browser asks for it where a person navigates.
  const page = await fetchJson(`${server.url}/api/v1/models`, { headers: { accept: "text/html" } });
  expect([page.status, page.headers.get("www-authenticate")]).toEqual([401, expect.stringMatching(/^Basic /)]);
  expect((await ask("/api/v1/models", null)).headers.get("www-authenticate")).toBe(null);
});

test("what is public needs no token and tells no name of a model", async () => {
  for (const path of ["/health", "/health/live", "/openapi.json", "/docs", "/v2/health/live", "/"])
    expect((await ask(path, null)).status, path).toBe(200);
  const page = await ask("/docs", null);
  expect(page.body).toContain("/openapi.json");
  for (const path of ["/docs", "/health/ready", "/"])
    expect(JSON.stringify((await ask(path, null)).body), path).not.toContain("flight-delay");
});

test("the history says whose token it was", async () => {
  await ask("/api/v1/endpoints/flight-delay/promote", tokens["deploy"]!.secret, { json: { version: 1 } });
  const { body } = await ask("/api/v1/endpoints/flight-delay/revisions", admin);
  expect(body.items.map((item: { author: string }) => item.author)).toContain("admin");
  const predicted = await ask("/endpoints/flight-delay/predict", tokens["infer"]!.secret, predict);
  const shown = await ask(`/api/v1/predictions/${predicted.body.id}`, tokens["read"]!.secret);
  expect(shown.body).toMatchObject({ user: "infer-user" });
});

test("the audit trail tells who moved an alias and a stage through MLflow's API, from where to where", async () => {
  const mlflow = (path: string, json: object) =>
    ask(`/api/2.0/mlflow/${path}`, tokens["deploy"]!.secret, { json: { name: "flight-delay", version: "1", ...json } });
  expect((await mlflow("registered-models/alias", { alias: "Approved" })).status).toBe(200);
  expect((await mlflow("model-versions/transition-stage", { stage: "Staging" })).status).toBe(200);
  expect((await mlflow("model-versions/transition-stage", { stage: "Production" })).status).toBe(200);
  const { stdout } = await runCli(["audit", "--actor", "deploy-user", "-o", "json"], {
    url: server.url,
    env: { SLIPWAY_TOKEN: admin },
  });
  const told = (JSON.parse(stdout) as AnyJson[]).map(({ action, subject, details }) => [action, subject, details]);
  expect(told.slice(0, 3)).toEqual([
    ["stage.set", "flight-delay@1", expect.objectContaining({ from: "Staging", to: "Production" })],
    ["stage.set", "flight-delay@1", expect.objectContaining({ from: "None", to: "Staging" })],
    ["alias.set", "flight-delay@Approved", { from: null, to: 1 }],
  ]);
});

test("no secret is on the disk or in what the server says", async () => {
  const { execFileSync } = await import("node:child_process");
  for (const secret of [admin, ...Object.values(tokens).map((token) => token.secret)]) {
    expect(server.stderr()).not.toContain(secret);
    expect(() => execFileSync("grep", ["-r", "--quiet", "--fixed-strings", secret, server.data])).toThrow();
  }
});

test("a revoked token stops working within five seconds", async () => {
  const { id, secret } = await createToken(server.data, "read");
  expect((await ask("/api/v1/models", secret)).status).toBe(200);
  const { code, stderr } = await runCli(["token", "revoke", id, "--data", server.data]);
  expect(code, stderr).toBe(0);
  await expect.poll(async () => (await ask("/api/v1/models", secret)).status, { timeout: 6_000 }).toBe(401);
}, 20_000);

test("without a token the server starts on no address that others reach", async () => {
  await expect(startServer({ args: ["--host", "0.0.0.0"] })).rejects.toThrow(/token create .*SLIPWAY_TOKEN/s);
});

test("with a token it does, and a foreign host may then ask", async () => {
  const open = await startServer({ args: ["--host", "0.0.0.0"], env: { SLIPWAY_TOKEN: admin } });
  const local = open.url.replace("0.0.0.0", "127.0.0.1");
  expect((await fetchJson(`${local}/api/v1/models`)).status).toBe(401);
  const headers = { authorization: `Bearer ${admin}`, origin: "https://example.org" };
  expect((await fetchJson(`${local}/api/v1/models`, { headers })).status).toBe(200);
});

test("a token that was made before the start is asked for", async () => {
  const other = await startServer();
  expect((await fetchJson(`${other.url}/api/v1/models`)).status).toBe(200);
  const { secret } = await createToken(other.data, "read");
  await other.restart();
  expect((await fetchJson(`${other.url}/api/v1/models`)).status).toBe(401);
  const headers = { authorization: `Bearer ${secret}` };
  expect((await fetchJson(`${other.url}/api/v1/models`, { headers })).status).toBe(200);
  await expect(deploy(other.url, flights.v1)).rejects.toMatchObject({ code: "unauthenticated" });
});
