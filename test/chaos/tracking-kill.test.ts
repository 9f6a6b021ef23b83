import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { root } from "../../tools/layer-list.ts";
import { findMlflow3, whatMlflow3 } from "../interop/mlflow/tracking-server.ts";
import { findPort } from "../lib/mlflow-command.ts";
import { needs } from "../lib/needs.ts";
import { rounds } from "../lib/rounds.ts";
import { startServer, type TestServer } from "../lib/server.ts";

const kills = rounds(3, 100);
const bin = await findMlflow3();

type Loose = ReturnType<typeof JSON.parse>;

/**
 * Asks again, with the same bytes, as the MLflow client does, until there is an answer. Now and then it takes an answer for lost: then
 * the server has done already what it is asked again.
 */
class Retrying {
  /** How often it asked again. */
  repeated = 0;
  #answers = 0;
  /** Called in the turn in which an answer is here. */
  behindAnswer: () => unknown = () => null;
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  async post(path: string, body: object): Promise<Loose> {
    for (;;) {
      const answer = await this.#try(path, body);
      if (answer !== null && answer.status < 500 && (++this.#answers % 7 !== 0 || !path.includes("log-"))) {
        const found = JSON.parse(await answer.text());
        if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${JSON.stringify(found)}`);
        this.behindAnswer();
        return found;
      }
      this.repeated++;
      await sleep(50);
    }
  }

  async #try(path: string, body: object): Promise<Response | null> {
    try {
      const headers = { "content-type": "application/json" };
      const response = await fetch(`${this.#url}/api/2.0/mlflow/${path}`, {
        method: "POST",
        headers,
        body: JSON.stringify(body),
      });
      // A server that dies in the middle of its answer has not answered.
      return new Response(await response.arrayBuffer(), response);
    } catch {
      return null;
    }
  }
}

/** All points of a metric as `step:value`, in the order of the steps, page by page. */
async function readPoints(url: string, runId: string, key: string): Promise<string[]> {
  const points: string[] = [];
  let token: string | undefined;
  do {
    const query = new URLSearchParams({ run_id: runId, metric_key: key, max_results: "25000" });
    if (token !== undefined) query.set("page_token", token);
    const answer = await fetch(`${url}/api/2.0/mlflow/metrics/get-history?${query}`);
    const { metrics = [], next_page_token }: Loose = await answer.json();
    for (const { step = 0, value } of metrics) points.push(`${step}:${value}`);
    token = next_page_token;
  } while (token !== undefined);
  return points.toSorted((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
}

const expected = (count: number): string[] => Array.from({ length: count }, (_, i) => `${i}:${i * 2}`);

/** One point a request, or a batch of them; each has its own step. Runs until told to end. @returns how many */
async function logPoints(client: Retrying, { runId, batch }: Writer, going: () => boolean): Promise<number> {
  let step = 0;
  while (going()) {
    const metrics = Array.from({ length: batch }, () => ({ key: "m", value: step * 2, timestamp: 1000, step: step++ }));
    if (batch === 1) await client.post("runs/log-metric", { run_id: runId, ...metrics[0] });
    else {
      const params = [{ key: `p${step}`, value: "1" }];
      await client.post("runs/log-batch", { run_id: runId, metrics, params });
    }
  }
  return step;
}

interface Writer {
  readonly runId: string;
  readonly batch: number;
}

async function killAgainAndAgain(server: TestServer): Promise<void> {
  for (let kill = 0; kill < kills; kill++) {
    await sleep(100 + Math.random() * 300);
    await server.kill9();
    await server.restart();
  }
}

describe("kill -9 while runs are logged", () => {
  test(
    `${kills} times: not one point is lost, not one is doubled, the client only asks again`,
    { timeout: rounds(180_000, 3_600_000) },
    async () => {
      const port = await findPort();
      const server = await startServer({ args: ["--port", String(port)] });
      const client = new Retrying(server.url);
      const writers: Writer[] = [];
      for (const batch of [1, 1, 1, 10, 100, 999]) {
        const made = await client.post("runs/create", { experiment_id: "0", start_time: 1 });
        writers.push({ runId: made.run.info.run_id, batch });
      }
      let going = true;
      const logging = writers.map((writer) => logPoints(client, writer, () => going));
      await killAgainAndAgain(server);
      going = false;
      const counts = await Promise.all(logging);
      expect(client.repeated).toBeGreaterThan(0);
      for (const [i, { runId, batch }] of writers.entries()) {
        expect(counts[i]).toBeGreaterThan(0);
        expect(await readPoints(server.url, runId, "m")).toEqual(expected(counts[i]!));
        const found = await fetch(`${server.url}/api/2.0/mlflow/runs/get?run_id=${runId}`);
        const { data } = ((await found.json()) as { run: Loose }).run;
        expect(data.metrics).toEqual([
          { key: "m", value: (counts[i]! - 1) * 2, timestamp: 1000, step: counts[i]! - 1 },
        ]);
        if (batch > 1) expect(data.params).toHaveLength(counts[i]! / batch);
      }
    },
  );

  test("right behind an answer: what was answered is there", { timeout: rounds(120_000, 3_600_000) }, async () => {
    const server = await startServer({ args: ["--port", String(await findPort())] });
    const client = new Retrying(server.url);
    const made = await client.post("runs/create", { experiment_id: "0", start_time: 1 });
    const runId = made.run.info.run_id;
    let step = 0;
    for (let kill = 0; kill < rounds(2, 100); kill++) {
      // Nobody else writes, whose commit could carry this one along.
      let dead: Promise<void> | undefined;
      for (let left = 1 + Math.floor(Math.random() * 20); left > 0; left--) {
        if (left === 1) client.behindAnswer = () => (dead = server.kill9());
        const point = { run_id: runId, key: "m", value: step * 2, timestamp: 1000, step: step++ };
        await client.post("runs/log-metric", point);
      }
      await dead;
      client.behindAnswer = () => null;
      await server.restart();
      expect(await readPoints(server.url, runId, "m")).toEqual(expected(step));
    }
  });

  test.skipIf(!needs(whatMlflow3, bin !== null, { inCi: "required" }))(
    "the real MLflow client does not even notice",
    { timeout: 180_000 },
    async () => {
      const port = await findPort();
      const server = await startServer({ args: ["--port", String(port)] });
      const script = join(root, "test/interop/mlflow/log-for-long.py");
      const env = { PATH: process.env["PATH"], HOME: process.env["HOME"], NO_PROXY: "127.0.0.1" };
      const running = promisify(execFile)(join(bin!, "python"), [script, server.url, "250"], { env });
      const ended = { done: false };
      const settled = running.finally(() => (ended.done = true));
      await expect.poll(() => countRuns(server.url), { timeout: 60_000 }).toBe(1);
      for (let kill = 0; kill < 2 && !ended.done; kill++) {
        await sleep(200);
        await server.kill9();
        await server.restart();
      }
      const { stdout } = await settled;
      const runId = /^RUN ([0-9a-f]{32})$/m.exec(stdout)![1]!;
      expect(await readPoints(server.url, runId, "m")).toEqual(expected(250));
    },
  );
});

async function countRuns(url: string): Promise<number> {
  const client = new Retrying(url);
  const { runs = [] } = await client.post("runs/search", { experiment_ids: ["0"], max_results: 10 });
  return runs.length;
}
