import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@slipway/sdk";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runCli } from "../lib/cli.ts";
import { deploy } from "../lib/deploy.ts";
import { fetchJson, type AnyJson } from "../lib/fetch-json.ts";
import { scaledMatrix, smallModel } from "../lib/models.ts";
import { openConnection, type OneConnection } from "../lib/one-connection.ts";
import { startServer, useServer } from "../lib/server.ts";

const args = ["--http-workers", "2"];
const server = useServer({ args, readyMs: 60_000 });
const client = () => createClient({ url: server.url });
const path = "/api/v1/endpoints/sign/predict";
const toRow = (n: number) => [n, 0, 0, 0];

interface Place {
  readonly connection: OneConnection;
  /** Of the process at its other end. */
  readonly instance: string;
}

const opened: OneConnection[] = [];

async function reach(url = server.url, headers: Readonly<Record<string, string>> = {}): Promise<Place> {
  const connection = openConnection(url);
  opened.push(connection);
  const { status, body } = await connection.ask(path, { json: { X: toRow(1) }, headers });
  expect(status, JSON.stringify(body)).toBe(200);
  const found = await connection.ask(`/api/v1/predictions/${body.id}`, { headers });
  expect(found.body.id).toBe(body.id);
  return { connection, instance: found.body.instance };
}

/** A connection to the main process, and one to each of the others. */
async function reachAll(count = 2, url = server.url, headers = {}): Promise<{ main: Place; others: Place[] }> {
  const status = await fetchJson(`${url}/api/v1/server`, { headers });
  const places = new Map<string, Place>();
  while (places.size < count) {
    const place = await reach(url, headers);
    if (places.has(place.instance)) place.connection.close();
    else places.set(place.instance, place);
  }
  const main = places.get(status.body.instance)!;
  return { main, others: [...places.values()].filter((place) => place !== main) };
}

function readLog(): AnyJson[] {
  const lines = readFileSync(join(server.data, "logs", "server.jsonl"), "utf8")
    .trim()
    .split("\n");
  return lines.map((line) => JSON.parse(line));
}

/** The process of the worker that said last that it is ready. */
const workerPid = (): number => readLog().findLast((line) => line.message === "a worker process is ready").pid;

/** Not gone, nor waiting for somebody who asks how it ended. */
function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

beforeAll(async () => {
  // Version 1 answers n for the row [n, 0, 0, 0], version 2 answers -n.
  for (const factor of [1, -1])
    await deploy(server.url, scaledMatrix(factor), { name: "sign", manifest: { serve: { timeout: "20s" } } });
}, 60_000);
afterAll(() => {
  for (const connection of opened) connection.close();
});

describe("several processes answer as one server", () => {
  test("predictions of every protocol are on record at once, each by the process that answered", async () => {
    const { main, others } = await reachAll();
    const requests: readonly [string, unknown][] = [
      [path, { X: toRow(7) }],
      ["/endpoints/sign/predict", [{ X: toRow(7) }, { X: toRow(8) }]],
      ["/v2/models/sign/infer", { inputs: [{ name: "X", datatype: "FP32", shape: [1, 4], data: toRow(7) }] }],
      ["/v1/models/sign:predict", { instances: [toRow(7)] }],
      ["/invocations", { inputs: [toRow(7)] }],
      ["/endpoints/sign/invocations", { inputs: [toRow(7)] }],
      [path, { X: "no row" }],
    ];
    for (const { connection, instance } of [main, ...others])
      for (const [url, json] of requests) {
        const answer = await connection.ask(url, { json });
        const id = answer.headers["x-slipway-prediction"];
        expect([url, typeof id]).toEqual([url, "string"]);
        const { status, body } = await main.connection.ask(`/api/v1/predictions/${String(id)}`);
        expect([url, status, body.instance]).toEqual([url, 200, instance]);
      }
  });

  test("all else goes through to the main process: reads, changes, uploads, events, what there is not", async () => {
    const { main, others } = await reachAll();
    const { connection } = others[0]!;
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
    expect((await connection.ask(path, { method: "DELETE" })).status).toBe(404);

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
      expect((await each.ask(path, { json: { X: toRow(3) } })).body).toMatchObject({
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
    const { main, others } = await reachAll();
    const read = async () => {
      const { body } = await others[0]!.connection.ask("/metrics");
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
      (await others[0]!.connection.ask("/v2/models/sign/stats")).body.model_stats[0].inference_count;
    const inferencesBefore = await countInferences();
    const answeredBefore = (await client().server.status()).predictions.answered;
    for (const { connection } of [main, ...others])
      for (let i = 0; i < 5; i++) await connection.ask(path, { json: { X: toRow(i) } });
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

interface Answer {
  readonly id: string;
  readonly sent: number;
  readonly version: number;
  readonly y: number;
}

const answers: Answer[] = [];
let last = 10;

/** @throws where the connection broke */
async function predict(connection: OneConnection): Promise<Answer> {
  const sent = ++last;
  const { status, body, headers } = await connection.ask(path, { json: { X: toRow(sent) } });
  if (status !== 200 || headers["x-slipway-logged"] !== undefined)
    throw new TypeError(`Answered ${status}: ${JSON.stringify(body)}`);
  const answer = { id: body.id, sent, version: body.version, y: body.prediction.y };
  answers.push(answer);
  return answer;
}

async function readRecorded(): Promise<Map<string, AnyJson[]>> {
  const recorded = new Map<string, AnyJson[]>();
  for await (const item of client().predictions.all("sign", { limit: 1000, order: "oldest" }))
    recorded.set(item.id, [...(recorded.get(item.id) ?? []), item]);
  return recorded;
}

/** Each answer exactly once, with its version and its number. */
async function checkRecords(): Promise<void> {
  const recorded = await readRecorded();
  const wrong = answers.filter(({ id, version, y }) => {
    const found = recorded.get(id) ?? [];
    return found.length !== 1 || found[0].version !== version || found[0].outputs.y !== y;
  });
  expect(wrong.slice(0, 3).map((answer) => ({ answer, found: recorded.get(answer.id) }))).toEqual([]);
}

describe("changes", () => {
  const swaps = 200;

  test(
    `${swaps} swaps under load: none fails, and after each of them no process answers by the one before`,
    { timeout: 120_000 },
    async () => {
      const { main, others } = await reachAll();
      const loaded = await reachAll();
      const over = new AbortController();
      const troubles: string[] = [];
      const load = [loaded.main, ...loaded.others].flatMap(({ connection }) => [
        (async () => {
          while (!over.signal.aborted)
            try {
              const { version, sent, y } = await predict(connection);
              if (y !== (version === 1 ? sent : -sent)) troubles.push(`mixed: version ${version}, ${sent}, ${y}`);
            } catch (error) {
              troubles.push(String(error));
            }
        })(),
      ]);
      for (let swap = 0; swap < swaps && troubles.length === 0; swap++) {
        const version = 1 + (swap % 2);
        await client().endpoints.promote("sign", version, { timeoutMs: 30_000 });
        const now = await Promise.all([main, ...others].map(({ connection }) => predict(connection)));
        expect([swap, ...now.map((answer) => answer.version)]).toEqual([swap, version, version]);
      }
      over.abort();
      await Promise.all(load);
      expect(troubles.slice(0, 5)).toEqual([]);
      await checkRecords();
    },
  );

  test("one that does not load in any process is refused, and nothing has changed", async () => {
    const { main, others } = await reachAll();
    const { connection } = others[0]!;
    const before = (await client().endpoints.get("sign")).revision;
    const refused = await connection.ask("/api/v1/endpoints/sign/promote", { json: { version: 99 } });
    expect(refused.status).toBe(404);
    expect((await client().endpoints.get("sign")).revision).toBe(before);
    await client().endpoints.remove("sign");
    for (const each of [main.connection, connection])
      expect((await each.ask(path, { json: { X: toRow(1) } })).status).toBe(404);
    await client().endpoints.promote("sign", 1);
    for (const each of [main.connection, connection]) expect((await predict(each)).version).toBe(1);
  });
});

describe("kill -9", () => {
  /** Asks over fresh connections as the old ones break, until it is over. */
  async function load(isOver: () => boolean): Promise<void> {
    const { url } = server;
    while (!isOver()) {
      const connection = openConnection(url);
      try {
        for (let i = 0; i < 50 && !isOver(); i++) await predict(connection);
      } catch (error) {
        if (error instanceof TypeError) throw error;
        // Whoever is refused by a server that is gone would ask again at once.
        await new Promise((resolve) => setTimeout(resolve, 5));
      } finally {
        connection.close();
      }
    }
  }

  async function answerMore(count: number): Promise<void> {
    const enough = answers.length + count;
    await expect.poll(() => answers.length, { timeout: 20_000, interval: 5 }).toBeGreaterThan(enough);
  }

  test(
    "of a worker: the others go on, it is replaced by one with the present routes, every answer is on record once",
    { timeout: 60_000 },
    async () => {
      const { main } = await reachAll();
      const countRefused = async () => {
        const { body } = await main.connection.ask("/metrics");
        return Number(
          /^slipway_requests_total\{endpoint="sign",.*outcome="invalid_input"\} (\d+)$/m.exec(String(body))?.[1],
        );
      };
      let isOver = false;
      const loads = Array.from({ length: 4 }, () => load(() => isOver));
      for (let kill = 0; kill < 2; kill++) {
        await answerMore(100);
        const pid = workerPid();
        const worker = (await reachAll()).others[0]!.connection;
        expect((await worker.ask(path, { json: { X: "no row" } })).status).toBe(400);
        const refused = await countRefused();
        expect(refused).toBeGreaterThan(0);
        process.kill(pid, "SIGKILL");
        // Deploys do not wait for it, and whoever comes in its place answers by what is in force then.
        const version = 2 - (kill % 2);
        const promoted = await main.connection.ask("/api/v1/endpoints/sign/promote", { json: { version } });
        expect(promoted.status, JSON.stringify(promoted.body)).toBe(200);
        await predict(main.connection);
        await expect.poll(workerPid, { timeout: 20_000, interval: 20 }).not.toBe(pid);
        const { others } = await reachAll();
        expect((await predict(others[0]!.connection)).version).toBe(version);
        // What the dead one had counted when it was asked last is still in the sums.
        expect(await countRefused()).toBe(refused);
      }
      isOver = true;
      await Promise.all(loads);
      await checkRecords();
      const ended = readLog().filter((line) => line.message === "a worker process ended");
      expect(ended).toHaveLength(2);
      for (const { pid } of ended) {
        const { instance } = readLog().find((line) => line.message === "a worker process is ready" && line.pid === pid);
        expect(existsSync(join(server.data, "log", instance, "closed"))).toBe(true);
      }
    },
  );

  test(
    "what cannot load what the others serve does not listen; it is tried until it can",
    { timeout: 60_000 },
    async () => {
      const { main } = await reachAll();
      const loaded = join(server.data, "loaded");
      const blobs = join(server.data, "blobs");
      for (const folder of [loaded, blobs]) renameSync(folder, `${folder}.away`);
      const pid = workerPid();
      process.kill(pid, "SIGKILL");
      const refused = () => readLog().filter((line) => line.message.startsWith("a worker process did not start"));
      await expect.poll(() => refused().length, { timeout: 30_000 }).toBeGreaterThan(0);
      expect(refused()[0].error.message).toMatch(/does not load what the main process serves: sign/);
      for (let i = 0; i < 10; i++) expect((await reach()).instance).toBe(main.instance);
      expect((await fetchJson(`${server.url}/health/ready`)).status).toBe(200);
      rmSync(loaded, { recursive: true, force: true });
      rmSync(blobs, { recursive: true, force: true });
      for (const folder of [loaded, blobs]) renameSync(`${folder}.away`, folder);
      await expect.poll(workerPid, { timeout: 30_000 }).not.toBe(pid);
      expect((await reachAll()).others).toHaveLength(1);
    },
  );

  test(
    "of the main process: the workers end with it, and every answer is on record once",
    { timeout: 60_000 },
    async () => {
      let isOver = false;
      const loads = Array.from({ length: 4 }, () => load(() => isOver));
      await answerMore(200);
      const { pid, instance } = readLog().findLast((line) => line.message === "a worker process is ready");
      const before = server.pid;
      // One that cannot end at once: nobody touches its log until it has.
      process.kill(pid, "SIGSTOP");
      await server.kill9();
      const restarted = server.restart();
      const holder = () => Number(readFileSync(join(server.data, "server.pid"), "utf8"));
      await expect.poll(holder, { timeout: 20_000, interval: 5 }).not.toBe(before);
      await new Promise((resolve) => setTimeout(resolve, 500));
      const closed = join(server.data, "log", instance, "closed");
      expect(existsSync(closed)).toBe(false);
      process.kill(pid, "SIGCONT");
      await restarted;
      expect(existsSync(closed)).toBe(true);
      isOver = true;
      await Promise.all(loads);
      await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false);
      await checkRecords();
      const { main, others } = await reachAll();
      for (const { connection } of [main, ...others]) await predict(connection);
      await checkRecords();
    },
  );
});

describe("what reads the log", () => {
  const countOk = async (url: string): Promise<number> => {
    const sql = "select count(distinct prediction) as n, count(*) as rows from predictions where status = 'ok'";
    const { status, body } = await fetchJson(`${url}/api/v1/endpoints/sign/predictions/query`, { json: { sql } });
    expect(status, JSON.stringify(body)).toBe(200);
    const [n, rows] = Object.values(body.rows[0]).map(Number);
    expect(n).toBe(rows);
    return n ?? 0;
  };

  test("SQL, a backup and an erase take in what each process answered", { timeout: 120_000 }, async () => {
    const { main, others } = await reachAll();
    const before = await countOk(server.url);
    for (const { connection } of [main, ...others]) for (let i = 0; i < 10; i++) await predict(connection);
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
    for (const { connection } of [main, ...others])
      for (let i = 0; i < 3; i++) marked.push((await predict(connection)).id);
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
    const ask = (connection: OneConnection) => connection.ask(path, { json: { X: [[1]] } });
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

    const { main, others } = await reachAll(2, secured.url, headers);
    const statuses: number[] = [];
    for (let i = 0; i < 5; i++)
      for (const { connection } of [main, ...others])
        statuses.push((await connection.ask(path, { json: { X: toRow(1) }, headers: limited })).status);
    expect(statuses.toSorted((a, b) => a - b)).toEqual([200, 200, 200, 200, 200, 429, 429, 429, 429, 429]);
    for (const { connection } of [main, ...others]) {
      expect((await connection.ask(path, { json: { X: toRow(1) } })).status).toBe(401);
      expect((await connection.ask("/api/v1/models")).status).toBe(401);
      const foreign = { authorization: "Bearer nobody" };
      expect((await connection.ask(path, { json: { X: toRow(1) }, headers: foreign })).status).toBe(401);
    }
  });
});
