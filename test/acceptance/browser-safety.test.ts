import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { runCli } from "../lib/cli.ts";
import { deploy } from "../lib/deploy.ts";
import { fetchJson } from "../lib/fetch-json.ts";
import { smallModel } from "../lib/models.ts";
import { sendRaw } from "../lib/raw-http.ts";
import { useServer } from "../lib/server.ts";

const server = useServer({ args: ["--request-timeout", "1s", "--body-limit", "64KiB"] });
const record = { X: [1, 2, 3, 4] };

beforeAll(async () => {
  await deploy(server.url, smallModel("matrix"), { manifest: { serve: { timeout: "20s" } } });
  await deploy(server.url, smallModel("matrix"), { manifest: { serve: { timeout: "19s" } } });
}, 60_000);

function ask(head: string, headers: Readonly<Record<string, string>>, body = "") {
  const lines = Object.entries({ "content-length": String(Buffer.byteLength(body)), connection: "close", ...headers });
  return sendRaw(server.port, [
    `${head} HTTP/1.1\r\n${lines.map(([key, value]) => `${key}: ${value}\r\n`).join("")}\r\n${body}`,
  ]);
}

const faces: readonly (readonly [head: string, body: string])[] = [
  ["GET /api/v1/server", ""],
  ["POST /api/v1/endpoints/matrix/predict", JSON.stringify(record)],
  ["GET /v2/models/matrix", ""],
  ["GET /metrics", ""],
  ["GET /nothing", ""],
  ["POST /api/v1/endpoints/matrix/rollback", "{}"],
];

describe("a web page of somebody else reaches nothing", () => {
  test.each([
    "evil.example",
    "evil.example:8080",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "10.0.0.1",
    "[::2]",
    "",
  ])("the host %j", async (host) => {
    for (const [head, body] of faces) {
      const answer = await ask(head, { host, "content-type": "application/json" }, body);
      expect([head, answer.status]).toEqual([head, host === "" ? expect.toBeOneOf([400, 403]) : 403]);
      if (host !== "") expect(answer.text).toMatch(/answers only as localhost/);
      expect(answer.text).not.toMatch(/"prediction"|slipway_requests|"platform"/);
    }
  });

  test.each(["localhost", "127.0.0.1", "LOCALHOST:80", "[::1]:8080", "127.0.0.5:1"])(
    "our own host %s",
    async (host) => {
      expect((await ask("GET /health/live", { host })).status).toBe(200);
    },
  );

  test.each([
    "https://evil.example",
    "http://localhost.evil.example",
    "null",
    "file://",
    "http://127.0.0.1.evil.example:8080",
  ])("the origin %s", async (origin) => {
    for (const [head, body] of faces) {
      const answer = await ask(head, { host: "127.0.0.1", origin, "content-type": "application/json" }, body);
      expect([head, answer.status]).toEqual([head, 403]);
    }
  });

  test("a page of this machine, and no page at all, may ask", async () => {
    for (const headers of [{ origin: `http://localhost:${server.port}` }, {}] as Record<string, string>[])
      expect((await fetchJson(`${server.url}/api/v1/endpoints/matrix/predict`, { json: record, headers })).status).toBe(
        200,
      );
  });

  test("no answer lets a page of another origin read it", async () => {
    for (const path of ["/api/v1/server", "/v2", "/metrics", "/health"]) {
      const { headers } = await fetchJson(`${server.url}${path}`);
      expect(headers.get("access-control-allow-origin")).toBe(null);
    }
    const preflight = await fetchJson(`${server.url}/api/v1/deployments`, {
      method: "OPTIONS",
      headers: { "access-control-request-method": "POST" },
    });
    expect(preflight.status).toBeGreaterThanOrEqual(400);
  });
});

describe("what a plain web form can send changes nothing", () => {
  const writes: readonly (readonly [method: string, path: string, body: string])[] = [
    ["POST", "/api/v1/deployments", '{"name":"evil"}'],
    ["POST", "/api/v1/endpoints/matrix/rollback", "{}"],
    ["POST", "/api/v1/endpoints/matrix/promote", '{"version":1}'],
    ["PUT", "/api/v1/endpoints/matrix", '{"manifest":{"slipway":1,"name":"matrix"}}'],
    ["PUT", "/api/v1/models/matrix/aliases/a", '{"version":1}'],
    ["DELETE", "/api/v1/endpoints/matrix", ""],
    ["DELETE", "/api/v1/models/matrix", ""],
    ["DELETE", "/api/v1/models/matrix/versions/1", ""],
    ["DELETE", "/api/v1/models/matrix/aliases/champion", ""],
    ["POST", "/api/v1/operations/nothing/cancel", "{}"],
    ["PUT", `/api/v1/blobs/${"0".repeat(64)}`, "bytes"],
  ];
  const types = [
    undefined,
    "text/plain",
    "text/plain;charset=UTF-8",
    "Text/Plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "",
    "  text/plain",
  ];
  test.each(writes)("%s %s", async (method, path, body) => {
    const before = (await fetchJson(`${server.url}/api/v1/endpoints/matrix`)).body;
    for (const type of types) {
      const headers = { host: "127.0.0.1", ...(type === undefined ? {} : { "content-type": type }) };
      const answer = await ask(`${method} ${path}`, headers, body);
      expect([type, answer.status]).toEqual([type, 415]);
      if (type !== "") expect(answer.text).toMatch(/content-type: application\/json/);
    }
    expect((await fetchJson(`${server.url}/api/v1/endpoints/matrix`)).body).toEqual(before);
  });

  test("predict: a content type that is none is refused, any other will do", async () => {
    for (const [type, status] of [
      ["", 415],
      ["rubbish", 415],
      ["application/x-www-form-urlencoded", 200],
      ["a/b", 200],
    ] as const) {
      const headers = { host: "127.0.0.1", "content-type": type };
      const answer = await ask("POST /api/v1/endpoints/matrix/predict", headers, JSON.stringify(record));
      expect([type, answer.status]).toEqual([type, status]);
      const oip = await ask("POST /v2/models/matrix/infer", headers, "{}");
      expect([type, oip.status]).toEqual([type, status === 200 ? 400 : status]);
    }
  });

  test("predict takes what curl sends by itself", async () => {
    const { stdout } = await promisify(execFile)("curl", [
      "-s",
      `${server.url}/api/v1/endpoints/matrix/predict`,
      "-d",
      JSON.stringify(record),
    ]);
    expect(JSON.parse(stdout).prediction).toEqual({ y: 30 });
  });
});

describe("limits", () => {
  const post = "POST /api/v1/endpoints/matrix/predict HTTP/1.1\r\nhost: 127.0.0.1\r\n";

  test("a body over the limit is refused before it is read, announced or not", async () => {
    const announced = await sendRaw(server.port, [`${post}content-length: 10000000\r\nconnection: close\r\n\r\n`]);
    expect([announced.status, announced.tookMs < 900]).toEqual([413, true]);
    const chunk = `4000\r\n${"x".repeat(0x4000)}\r\n`;
    const chunked = await sendRaw(server.port, [`${post}transfer-encoding: chunked\r\n\r\n`, ...Array(40).fill(chunk)]);
    expect(chunked.status).toBe(413);
    const oip = await fetchJson(`${server.url}/v2/models/matrix/infer`, { body: "x".repeat(70_000) });
    expect([oip.status, Object.keys(oip.body)]).toEqual([413, ["error"]]);
    const control = await fetchJson(`${server.url}/api/v1/deployments`, { json: { name: "x".repeat(70_000) } });
    expect([control.status, control.body.code]).toEqual([413, "too_large"]);
  });

  test("headers that come drop by drop, and a body that never ends, are hung up on", async () => {
    const drops = await sendRaw(server.port, Array.from(`${post}x-drop: ${"y".repeat(200)}`), { pauseMs: 100 });
    expect([0, 408]).toContain(drops.status);
    expect(drops.tookMs).toBeLessThan(10_000);
    const endless = await sendRaw(
      server.port,
      [`${post}content-length: 1000\r\n\r\n`, ...Array<string>(300).fill("{")],
      {
        pauseMs: 100,
      },
    );
    expect([0, 408]).toContain(endless.status);
    expect(endless.tookMs).toBeLessThan(10_000);
    expect((await fetchJson(`${server.url}/health/live`)).status).toBe(200);
  });

  test("headers over 16 KiB, no HTTP at all, a lie about the length", async () => {
    expect((await sendRaw(server.port, [`${post}x-big: ${"y".repeat(40_000)}\r\n\r\n`])).status).toBe(431);
    expect((await sendRaw(server.port, ["\u0016\u0003\u0001 hello\r\n\r\n"])).status).toBe(400);
    expect((await sendRaw(server.port, [`${post}content-length: 5\r\ncontent-length: 6\r\n\r\n{}`])).status).toBe(400);
    expect(
      (await sendRaw(server.port, [`${post}transfer-encoding: chunked\r\ncontent-length: 3\r\n\r\n0\r\n\r\n`])).status,
    ).toBe(400);
    expect((await fetchJson(`${server.url}/health/live`)).status).toBe(200);
  });
});

describe("beyond this machine", () => {
  test("without a token the server does not start on an address that others reach", async () => {
    const started = await runCli(["up", "--host", "0.0.0.0", "--port", "0", "--data", `${server.data}-open`], {
      timeoutMs: 20_000,
    });
    expect(started.code).not.toBe(0);
    expect(started.stderr).toMatch(/0\.0\.0\.0.*token/);
  });
});

describe("with a token", () => {
  const token = "a-first-token-of-some-length";
  const secured = useServer({ args: ["--host", "0.0.0.0"], env: { SLIPWAY_TOKEN: token } });
  const url = (path: string) => `http://127.0.0.1:${secured.port}${path}`;

  test("nothing without it, everything with it, health for anybody", async () => {
    for (const path of ["/api/v1/server", "/v2", "/metrics", "/api/v1/endpoints/x/predictions"]) {
      const without = await fetchJson(url(path));
      expect([path, without.status]).toEqual([path, 401]);
      const wrong = await fetchJson(url(path), { headers: { authorization: `Bearer ${token}x` } });
      expect([path, wrong.status]).toEqual([path, 401]);
    }
    expect((await fetchJson(url("/health/ready"))).status).toBe(200);
    const headers = { authorization: `Bearer ${token}` };
    expect((await fetchJson(url("/api/v1/server"), { headers })).status).toBe(200);
    const told = await runCli(["status"], { url: url(""), env: { SLIPWAY_TOKEN: token } });
    expect(told.code, told.stderr).toBe(0);
    const refused = await runCli(["status"], { url: url("") });
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toMatch(/token/);
  });

  test("the token is in no file of the data folder in clear", async () => {
    const { stdout } = await promisify(execFile)("grep", ["-rlF", token, secured.data]).catch(() => ({ stdout: "" }));
    expect(stdout).toBe("");
    expect(secured.stderr()).not.toContain(token);
  });
});
