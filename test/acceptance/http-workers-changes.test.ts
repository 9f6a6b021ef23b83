import { existsSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createClient } from "@slipway/sdk";
import { beforeAll, describe, expect, test } from "vitest";
import { deploy } from "../lib/deploy.ts";
import { fetchJson, type AnyJson } from "../lib/fetch-json.ts";
import { scaledMatrix } from "../lib/models.ts";
import { openConnection, type OneConnection } from "../lib/one-connection.ts";
import { isAlive, signPath, toRow, useProcesses } from "../lib/processes.ts";
import { useServer } from "../lib/server.ts";

const args = ["--http-workers", "2"];
const server = useServer({ args, readyMs: 60_000 });
const { reach, reachAll, readLog, newestWorker } = useProcesses(server);
const client = () => createClient({ url: server.url });

beforeAll(async () => {
  // Version 1 answers n for the row [n, 0, 0, 0], version 2 answers -n.
  for (const factor of [1, -1])
    await deploy(server.url, scaledMatrix(factor), { name: "sign", manifest: { serve: { timeout: "20s" } } });
}, 60_000);

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
  const { status, body, headers } = await connection.ask(signPath, { json: { X: toRow(sent) } });
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
      const { main, worker } = await reachAll();
      const loaded = await reachAll();
      const over = new AbortController();
      const troubles: string[] = [];
      const load = [loaded.main, loaded.worker].flatMap(({ connection }) => [
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
        const now = await Promise.all([main, worker].map(({ connection }) => predict(connection)));
        expect([swap, ...now.map((answer) => answer.version)]).toEqual([swap, version, version]);
      }
      over.abort();
      await Promise.all(load);
      expect(troubles.slice(0, 5)).toEqual([]);
      await checkRecords();
    },
  );

  test("a split and the kill switch are in force in each process when they have been answered", async () => {
    const { main, worker } = await reachAll();
    const versions = async () => {
      const now = await Promise.all([main, worker].map(({ connection }) => predict(connection)));
      return now.map((answer) => answer.version);
    };
    await client().endpoints.promote("sign", 1);
    await client().endpoints.setTraffic("sign", { arms: [{ version: 2, share: 10_000 }] });
    expect(await versions()).toEqual([2, 2]);
    await client().endpoints.setTraffic("sign", { arms: [{ version: 2, share: 0 }] });
    expect(await versions()).toEqual([1, 1]);
    await client().endpoints.stop("sign");
    for (const { connection } of [main, worker])
      expect((await connection.ask(signPath, { json: { X: toRow(1) } })).body).toMatchObject({
        code: "endpoint_stopped",
      });
    await client().endpoints.start("sign");
    expect(await versions()).toEqual([1, 1]);
  });

  test("one that does not load in any process is refused, and nothing has changed", async () => {
    const { main, worker } = await reachAll();
    const { connection } = worker;
    const before = (await client().endpoints.get("sign")).revision;
    const refused = await connection.ask("/api/v1/endpoints/sign/promote", { json: { version: 99 } });
    expect(refused.status).toBe(404);
    expect((await client().endpoints.get("sign")).revision).toBe(before);
    await client().endpoints.remove("sign");
    for (const each of [main.connection, connection])
      expect((await each.ask(signPath, { json: { X: toRow(1) } })).status).toBe(404);
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
        const pid = newestWorker().pid;
        const { connection } = (await reachAll()).worker;
        expect((await connection.ask(signPath, { json: { X: "no row" } })).status).toBe(400);
        const refused = await countRefused();
        expect(refused).toBeGreaterThan(0);
        process.kill(pid, "SIGKILL");
        // Deploys do not wait for it, and whoever comes in its place answers by what is in force then.
        const version = 2 - (kill % 2);
        const promoted = await main.connection.ask("/api/v1/endpoints/sign/promote", { json: { version } });
        expect(promoted.status, JSON.stringify(promoted.body)).toBe(200);
        await predict(main.connection);
        await expect.poll(() => newestWorker().pid, { timeout: 20_000, interval: 20 }).not.toBe(pid);
        const { worker } = await reachAll();
        expect((await predict(worker.connection)).version).toBe(version);
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
      const pid = newestWorker().pid;
      process.kill(pid, "SIGKILL");
      const refused = () => readLog().filter((line) => line.message.startsWith("a worker process did not start"));
      await expect.poll(() => refused().length, { timeout: 30_000 }).toBeGreaterThan(0);
      expect(refused()[0].error.message).toMatch(/does not load what the main process serves: sign/);
      for (let i = 0; i < 10; i++) expect((await reach()).instance).toBe(main.instance);
      expect((await fetchJson(`${server.url}/health/ready`)).status).toBe(200);
      rmSync(loaded, { recursive: true, force: true });
      rmSync(blobs, { recursive: true, force: true });
      for (const folder of [loaded, blobs]) renameSync(`${folder}.away`, folder);
      await expect.poll(() => newestWorker().pid, { timeout: 30_000 }).not.toBe(pid);
      expect((await reachAll()).worker.instance).toBe(newestWorker().instance);
    },
  );

  test(
    "of the main process: the workers end with it, and every answer is on record once",
    { timeout: 60_000 },
    async () => {
      let isOver = false;
      const loads = Array.from({ length: 4 }, () => load(() => isOver));
      await answerMore(200);
      const { pid, instance } = newestWorker();
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
      const { main, worker } = await reachAll();
      for (const { connection } of [main, worker]) await predict(connection);
      await checkRecords();
    },
  );
});
