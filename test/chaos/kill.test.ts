import { readFileSync } from "node:fs";
import { createClient, type Client } from "@slipway/sdk";
import { beforeAll, describe, expect, test } from "vitest";
import { deploy } from "../lib/deploy.ts";
import { fetchJson } from "../lib/fetch-json.ts";
import { scaledMatrix, smallModel } from "../lib/models.ts";
import { rounds } from "../lib/rounds.ts";
import { useServer } from "../lib/server.ts";
import { isAlive } from "../lib/processes.ts";

const kills = rounds(10, 200);
const server = useServer();
const client = (): Client => createClient({ url: server.url });
const name = "killed";

interface Answered {
  readonly id: string;
  /** What the answer said, row by row; null for an error. */
  readonly rows: readonly number[] | null;
}

/** All that any server of this test has answered and promised to have on record. */
const answered = new Map<string, Answered>();
/** Rows on record by the id of their request, and how often each stands there. */
type Recorded = Map<string, { rows: number; outputs: unknown[]; times: number[] }>;

beforeAll(async () => {
  await deploy(server.url, scaledMatrix(2), { name, manifest: { serve: { timeout: "20s" } } });
}, 60_000);

let last = 0;

type Loose = ReturnType<typeof JSON.parse>;

/** An answer that promises a record. */
async function ask(path: string, json: unknown): Promise<{ id: string; body: Loose }> {
  const { status, headers, body } = await fetchJson(`${server.url}${path}`, { json });
  const id = headers.get("x-slipway-prediction") ?? body.id;
  if ((status === 200 || status === 400) && headers.get("x-slipway-logged") === null && typeof id === "string")
    return { id, body };
  throw new Error(`Answered ${status}: ${JSON.stringify(body)}`);
}

const callers: readonly (() => Promise<Answered>)[] = [
  async () => {
    const found = await ask(`/api/v1/endpoints/${name}/predict`, { X: [++last, 0, 0, 0] });
    return { id: found.id, rows: [found.body.prediction.y] };
  },
  async () => {
    const records = Array.from({ length: 1 + (last % 5) }, () => ({ X: [++last, 0, 0, 0] }));
    const found = await ask(`/api/v1/endpoints/${name}/predict`, records);
    return { id: found.id, rows: found.body.predictions.map((row: Loose) => row.y) };
  },
  async () => {
    const inputs = [{ name: "X", datatype: "FP32", shape: [2, 4], data: [++last, 0, 0, 0, ++last, 0, 0, 0] }];
    const found = await ask(`/v2/models/${name}/infer`, { inputs });
    return { id: found.id, rows: found.body.outputs[0].data };
  },
  async () => {
    const found = await ask(`/api/v1/endpoints/${name}/predict`, { X: "no row" });
    return { id: found.id, rows: null };
  },
];

/** Asks until the server is gone. */
async function load(caller: () => Promise<Answered>, alive: () => boolean): Promise<void> {
  while (alive()) {
    try {
      const answer = await caller();
      answered.set(answer.id, answer);
    } catch (error) {
      if (alive()) throw error;
    }
  }
}

async function readAll(options: { since?: string } = {}): Promise<Recorded> {
  const recorded: Recorded = new Map();
  for await (const item of client().predictions.all(name, { ...options, limit: 1000, order: "oldest" })) {
    const [id = "", row = "0"] = item.id.split("/");
    const record = recorded.get(id) ?? { rows: item.rows, outputs: [], times: [] };
    record.outputs[Number(row)] = item.status === "ok" ? item.outputs["y"] : null;
    record.times[Number(row)] = (record.times[Number(row)] ?? 0) + 1;
    recorded.set(id, record);
  }
  return recorded;
}

/** Every answer exactly once, whole and with its numbers. */
function check(recorded: Recorded, ids: Iterable<string>): void {
  const wrong: unknown[] = [];
  for (const id of ids) {
    const { rows } = answered.get(id) ?? { rows: null };
    const record = recorded.get(id);
    const outputs = rows ?? [null];
    const times = outputs.map(() => 1);
    if (JSON.stringify([record?.outputs, record?.times]) !== JSON.stringify([outputs, times]))
      wrong.push({ id, outputs, record });
  }
  expect(wrong.slice(0, 3)).toEqual([]);
}

describe("kill -9 under load", () => {
  test(
    `${kills} times at random moments: every answered prediction is on record exactly once`,
    { timeout: rounds(180_000, 3_600_000) },
    async () => {
      for (let kill = 0; kill < kills; kill++) {
        const known = new Set(answered.keys());
        const since = new Date(Date.now() - 1000).toISOString();
        let alive = true;
        const all = [...callers, ...callers].map((caller) => load(caller, () => alive));
        while (answered.size < known.size + 20) await new Promise((resolve) => setTimeout(resolve, 1));
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 250));
        alive = false;
        await server.kill9();
        await Promise.all(all);
        await server.restart();
        const now = [...answered.keys()].filter((id) => !known.has(id));
        expect(now.length).toBeGreaterThanOrEqual(20);
        check(await readAll({ since }), now);
      }
      const recorded = await readAll();
      check(recorded, answered.keys());
      // Beyond the answered ones only what was under way when the server died: at most one a connection and kill.
      expect(recorded.size - answered.size).toBeLessThanOrEqual(kills * callers.length * 2);
      for (const { times } of recorded.values()) expect(Math.max(...times)).toBe(1);
    },
  );

  test("the log of a killed server is told as recovered, once", async () => {
    const { items } = await client().server.logs({ limit: 10_000 });
    const recovered = items.filter((line) =>
      String(line["msg"] ?? line["message"]).startsWith("recovered the prediction"),
    );
    expect(recovered).toHaveLength(kills);
  });
});

describe("kill -9 in the middle of a deployment", () => {
  test(
    `${rounds(3, 30)} times: what served serves, the operation is told as interrupted, the next deployment works`,
    { timeout: rounds(120_000, 1_200_000) },
    async () => {
      for (let kill = 0; kill < rounds(3, 30); kill++) {
        const { revision } = await client().endpoints.get(name);
        const factor = 3 + kill;
        const failed = deploy(server.url, scaledMatrix(factor), { name }).then(
          () => "done",
          (error: Error) => error,
        );
        await new Promise((resolve) => setTimeout(resolve, 20 + Math.random() * 700));
        await server.kill9();
        await failed;
        await server.restart();
        const { items } = await client().operations.list({ limit: 1 });
        expect(["succeeded", "failed"]).toContain(items[0]?.state);
        if (items[0]?.state === "failed") expect(items[0].error?.code).toBe("interrupted");
        const now = await client().endpoints.get(name);
        expect(now.state).toBe("ready");
        // Either the old one or, where the operation had got so far, the new one; never something between.
        expect(now.revision - revision).toBeLessThanOrEqual(1);
        const made = await deploy(server.url, scaledMatrix(factor), { name });
        const { prediction, version } = await client()
          .endpoint(name)
          .predict({ X: [1, 0, 0, 0] }, { timeoutMs: 20_000 });
        expect([prediction["y"], version]).toEqual([factor, made.version]);
      }
      const { items } = await client().versions.list(name, { limit: 1000 });
      const digests = items.map((item) => item.digest);
      expect(new Set(digests).size).toBe(digests.length);
    },
  );

  test("a model that is being tried out does not outlive its server", async () => {
    const failed = deploy(server.url, smallModel("endless"), { name: "endless" }).catch((error: Error) => error);
    await expect
      .poll(async () => (await client().operations.list({ limit: 1 })).items[0]?.message, { timeout: 20_000 })
      .toMatch(/trying/);
    const children = childrenOf(server.pid);
    await server.kill9();
    await failed;
    await expect.poll(() => children.filter((pid) => isAlive(pid)), { timeout: 10_000 }).toEqual([]);
    await server.restart();
  });
});

/** Nothing where the system does not tell. */
function childrenOf(pid: number): number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
    return text.trim().split(" ").map(Number);
  } catch {
    return [];
  }
}
