import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@slipway/sdk";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { runCli } from "../lib/cli.ts";
import { deploy } from "../lib/deploy.ts";
import { fetchJson } from "../lib/fetch-json.ts";
import { scaledMatrix, smallModel } from "../lib/models.ts";
import { openConnection, type OneConnection } from "../lib/one-connection.ts";
import { signPath, toProcesses, toRow, useProcesses } from "../lib/processes.ts";
import { startServer, useServer } from "../lib/server.ts";

const args = ["--http-workers", "2"];
const server = useServer({ args, readyMs: 60_000 });
const { reachAll } = useProcesses(server);
const client = () => createClient({ url: server.url });

beforeAll(async () => {
  // Version 1 answers n for the row [n, 0, 0, 0], version 2 answers -n.
  for (const factor of [1, -1])
    await deploy(server.url, scaledMatrix(factor), { name: "sign", manifest: { serve: { timeout: "20s" } } });
}, 60_000);

describe("several processes answer as one server", () => {
  test("predictions of every protocol are on record at once, each by the process that answered", async () => {
    const { main, worker } = await reachAll();
    const requests: readonly [string, unknown][] = [
      [signPath, { X: toRow(7) }],
      ["/endpoints/sign/predict", [{ X: toRow(7) }, { X: toRow(8) }]],
      ["/v2/models/sign/infer", { inputs: [{ name: "X", datatype: "FP32", shape: [1, 4], data: toRow(7) }] }],
      ["/v1/models/sign:predict", { instances: [toRow(7)] }],
      ["/invocations", { inputs: [toRow(7)] }],
      ["/endpoints/sign/invocations", { inputs: [toRow(7)] }],
      [signPath, { X: "no row" }],
    ];
    for (const { connection, instance } of [main, worker])
      for (const [url, json] of requests) {
        const answer = await connection.ask(url, { json });
        const id = answer.headers["x-slipway-prediction"];
        expect([url, typeof id]).toEqual([url, "string"]);
        const { status, body } = await main.connection.ask(`/api/v1/predictions/${String(id)}`);
        expect([url, status, body.instance]).toEqual([url, 200, instance]);
      }
  });

  test("a list is in the order of time, whoever answered; following misses nothing", async () => {
    const { main, worker } = await reachAll();
    const over = new AbortController();
    const followed: string[] = [];
    const following = (async () => {
      const options = { pollMs: 5, signal: over.signal };
      for await (const { id } of client().predictions.follow("sign", options)) followed.push(id);
    })().catch(() => {});
    const ids: string[] = [];
    for (let i = 0; i < 250; i++)
      for (const { connection } of [main, worker])
        ids.push((await connection.ask(signPath, { json: { X: toRow(i) } })).body.id);
    const { items } = await client().predictions.list("sign", { limit: 20 });
    // Which of two answers of one millisecond came first, nobody knows of two processes.
    const moment = (id: string) => id.slice(0, 13);
    expect(items.map(({ id }) => moment(id))).toEqual(ids.slice(-20).toReversed().map(moment));
    const paged: string[] = [];
    for await (const { id } of client().predictions.all("sign", { limit: 7 })) {
      paged.push(id);
      if (paged.length === 40) break;
    }
    expect(paged.map(moment)).toEqual(ids.slice(-40).toReversed().map(moment));
    expect(new Set(paged).size).toBe(40);
    // It begins after the newest of its first moment, which may be one of these.
    const mine = () => followed.filter((id) => ids.includes(id));
    await expect.poll(() => mine().length, { timeout: 20_000 }).toBeGreaterThan(ids.length - 20);
    await expect.poll(() => mine().toSorted(), { timeout: 20_000 }).toEqual(ids.slice(-mine().length).toSorted());
    over.abort();
    await following;
  });

  test("all else goes through to the main process: reads, changes, uploads, events, what there is not", async () => {
    const { main, worker } = await reachAll();
    const { connection } = worker;
    for (const url of [
      "/api/v1/endpoints",
      "/health/ready",
      "/v2/models/sign",
      "/v1/models",
      "/docs",
      "/nowhere",
      "/",
    ]) {
      const [here, there] = [await connection.ask(url), await main.connection.ask(url)];
      expect([url, here.status, here.body]).toEqual([url, there.status, there.body]);
    }
    expect((await connection.ask("/api/v1/server")).body).toMatchObject({ instance: main.instance, pid: server.pid });
    expect((await connection.ask(signPath, { method: "DELETE" })).status).toBe(404);

    const bytes = randomBytes(5_000_000);
    const blob = `/api/v1/blobs/${createHash("sha256").update(bytes).digest("hex")}`;
    const put = { method: "PUT", body: bytes, headers: { "content-type": "application/octet-stream" } };
    expect((await connection.ask(blob, put)).status).toBeLessThan(300);
    const [here, there] = [connection, main.connection].map((each) => each.ask("/docs/scalar.js"));
    expect((await here)!.bytes.length).toBeGreaterThan(500_000);
    expect((await here)!.bytes.equals((await there)!.bytes)).toBe(true);
    const { items } = await client().operations.list();
    const events = await connection.ask(`/api/v1/operations/${items[0]!.id}/events`);
    expect(String(events.body)).toMatch(/^data: \{.*"succeeded"/);

    const promoted = await connection.ask("/api/v1/endpoints/sign/promote", { json: { version: 1 } });
    expect([promoted.status, promoted.body.target?.version]).toEqual([200, 1]);
    for (const each of [main.connection, connection])
      expect((await each.ask(signPath, { json: { X: toRow(3) } })).body).toMatchObject({
        version: 1,
        prediction: { y: 3 },
      });
    // A version that does not serve, by its number and by an alias.
    for (const pin of ["sign@2", "sign@1", "sign@champion"]) {
      const { body } = await connection.ask(`/endpoints/${pin}/predict`, { json: { X: toRow(3) } });
      expect([pin, body.prediction?.y]).toEqual([pin, pin === "sign@2" ? -3 : 3]);
    }
    const pinned = await connection.ask("/v2/models/sign/versions/2/infer", {
      json: { inputs: [{ name: "X", datatype: "FP32", shape: [1, 4], data: toRow(5) }] },
    });
    expect(pinned.body.outputs?.[0].data).toEqual([-5]);
  });

  test("figures are those of all of them", async () => {
    const { main, worker } = await reachAll();
    const read = async () => {
      const { body } = await worker.connection.ask("/metrics");
      const all = [...String(body).matchAll(/^slipway_requests_total\{endpoint="sign",.*\} (\d+)$/gm)];
      return {
        text: String(body),
        requests: all.reduce((sum, [, count]) => sum + Number(count), 0),
        observed: Number(/^slipway_request_seconds_count\{endpoint="sign"\} (\d+)$/m.exec(String(body))?.[1]),
      };
    };
    const before = await read();
    expect(before.text).toMatch(/^slipway_http_workers 2$/m);
    const countInferences = async () =>
      (await worker.connection.ask("/v2/models/sign/stats")).body.model_stats[0].inference_count;
    const inferencesBefore = await countInferences();
    const answeredBefore = (await client().server.status()).predictions.answered;
    for (const { connection } of [main, worker])
      for (let i = 0; i < 5; i++) await connection.ask(signPath, { json: { X: toRow(i) } });
    const after = await read();
    expect([after.requests - before.requests, after.observed - before.observed]).toEqual([10, 10]);
    expect((await client().server.status()).predictions.answered - answeredBefore).toBe(10);
    expect((await countInferences()) - inferencesBefore).toBe(10);
    // Each series once.
    const series = after.text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    const names = series.map((line) => line.slice(0, line.lastIndexOf(" ")));
    expect(names.length).toBe(new Set(names).size);
  });
});

describe("what reads the log", () => {
  const answer = async (connection: OneConnection): Promise<string> =>
    (await connection.ask(signPath, { json: { X: toRow(2) } })).body.id;

  const countOk = async (url: string): Promise<number> => {
    const sql = "select count(distinct prediction) as n, count(*) as rows from predictions where status = 'ok'";
    const { status, body } = await fetchJson(`${url}/api/v1/endpoints/sign/predictions/query`, { json: { sql } });
    expect(status, JSON.stringify(body)).toBe(200);
    const [n, rows] = Object.values(body.rows[0]).map(Number);
    expect(n).toBe(rows);
    return n ?? 0;
  };

  test("SQL, a backup and an erase take in what each process answered", { timeout: 120_000 }, async () => {
    const { main, worker } = await reachAll();
    const before = await countOk(server.url);
    for (const { connection } of [main, worker]) for (let i = 0; i < 10; i++) await answer(connection);
    expect((await countOk(server.url)) - before).toBe(20);

    const room = mkdtempSync(join(tmpdir(), "slipway-"));
    const file = join(room, "backup.tar");
    const kept = await runCli(["backup", file], { url: server.url, timeoutMs: 60_000 });
    expect(kept.code, kept.stderr).toBe(0);
    const data = join(room, "data");
    const restored = await runCli(["restore", file, "--data", data], { timeoutMs: 60_000 });
    expect(restored.code, restored.stderr).toBe(0);
    const other = await startServer({ data });
    expect(await countOk(other.url)).toBe(before + 20);
    await other.stop();
    rmSync(room, { recursive: true, force: true });

    const marked: string[] = [];
    for (const { connection } of [main, worker]) for (let i = 0; i < 3; i++) marked.push(await answer(connection));
    const json = { where: `id IN (${marked.map((id) => `'${id}'`).join()})` };
    const { body } = await main.connection.ask("/api/v1/endpoints/sign/predictions/erase", { json });
    const { result } = await client().operations.wait(body.id);
    expect(result).toMatchObject({ predictions: 6, unreadable_bytes: 0 });
    for (const id of marked) expect((await main.connection.ask(`/api/v1/predictions/${id}`)).status).toBe(404);
    expect(await countOk(server.url)).toBe(before + 20);
  });
});

describe("the end", () => {
  test("SIGTERM answers what is under way in each process, and closes their logs", { timeout: 60_000 }, async () => {
    const slow = await startServer({ args, readyMs: 60_000 });
    await deploy(slow.url, smallModel("slow"), { name: "sign", manifest: { serve: { timeout: "60s" } } });
    const ask = (connection: OneConnection) => connection.ask(signPath, { json: { X: [[1]] } });
    const connections = Array.from({ length: 8 }, () => openConnection(slow.url));
    const first = await Promise.all(connections.map(ask));
    const seen = await Promise.all(
      first.map(async ({ body }) => (await fetchJson(`${slow.url}/api/v1/predictions/${body.id}`)).body.instance),
    );
    expect(new Set(seen).size).toBe(2);
    const running = connections.map(ask);
    await expect
      .poll(async () => (await fetchJson<string>(`${slow.url}/metrics`)).body, { timeout: 10_000, interval: 5 })
      .toMatch(/slipway_requests_in_flight\{endpoint="sign"\} [1-8]/);
    expect(await slow.stop()).toBe(0);
    const statuses = (await Promise.all(running)).map(({ status }) => status);
    expect(statuses.filter((status) => status !== 200 && status !== 503)).toEqual([]);
    expect(statuses).toContain(200);
    for (const instance of new Set(seen)) expect(existsSync(join(slow.data, "log", instance, "closed"))).toBe(true);
    expect(slow.stderr()).not.toMatch(/worker process ended|took too long/);
    for (const connection of connections) connection.close();
  });

  test("a port that another server has is not shared with it", async () => {
    const data = join(server.data, "..", "second");
    const { code, stderr } = await runCli(["up", "--port", String(server.port), "--data", data, ...args], {
      timeoutMs: 20_000,
    });
    expect([code === 0, stderr]).toEqual([false, expect.stringMatching(/Port \d+ .*taken/)]);
  });
});

describe("tokens", () => {
  test("hold in each process, and a rate is one for all of them", { timeout: 60_000 }, async () => {
    const secured = await startServer({ args, readyMs: 60_000, env: { SLIPWAY_TOKEN: "first-admin-token" } });
    const admin = createClient({ url: secured.url, token: "first-admin-token" });
    const headers = { authorization: "Bearer first-admin-token" };
    const order = ["--user", "u", "--scope", "infer", "--rate", "5/h", "--json"];
    const made = await runCli(["token", "create", "--data", secured.data, ...order]);
    expect(made.code, made.stderr).toBe(0);
    const limited = { authorization: `Bearer ${JSON.parse(made.stdout).secret}` };
    const bytes = readFileSync(scaledMatrix(1));
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    await admin.blobs.ensure(sha256, () => new Uint8Array(bytes), { size: bytes.length });
    const deployment = { name: "sign", entry: "model.onnx", files: [{ path: "model.onnx", sha256 }] };
    await admin.operations.wait((await admin.deployments.create(deployment)).id);

    const { main, worker } = await toProcesses(secured, onTestFinished).reachAll(headers);
    const statuses: number[] = [];
    for (let i = 0; i < 5; i++)
      for (const { connection } of [main, worker])
        statuses.push((await connection.ask(signPath, { json: { X: toRow(1) }, headers: limited })).status);
    expect(statuses.toSorted((a, b) => a - b)).toEqual([200, 200, 200, 200, 200, 429, 429, 429, 429, 429]);
    for (const { connection } of [main, worker]) {
      expect((await connection.ask(signPath, { json: { X: toRow(1) } })).status).toBe(401);
      expect((await connection.ask("/api/v1/models")).status).toBe(401);
      const foreign = { authorization: "Bearer nobody" };
      expect((await connection.ask(signPath, { json: { X: toRow(1) }, headers: foreign })).status).toBe(401);
    }
  });
});
