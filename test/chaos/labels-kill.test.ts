import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient, type Client } from "@slipway/sdk";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { deploy, upload } from "../lib/deploy.ts";
import { smallModel } from "../lib/models.ts";
import { rounds } from "../lib/rounds.ts";
import { useServer } from "../lib/server.ts";

const folder = mkdtempSync(join(tmpdir(), "slipway-labels-kill-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const landed = join(folder, "landed.sqlite");
const env = { SLIPWAY_SOURCE_LANDED: `sqlite://${landed}` };
const server = useServer({ env, readyMs: 60_000 });
const client = (): Client => createClient({ url: server.url, timeoutMs: 60_000 });
const name = "killed";
const manifest = { serve: { timeout: "20s" }, log: { key: "flight" } };

beforeAll(async () => {
  const database = new DatabaseSync(landed);
  database.exec("create table landed (key text, value integer, observed_at integer)");
  database.close();
  await deploy(server.url, smallModel("matrix"), { name, manifest });
}, 120_000);

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** How often each label stands there, by its key. */
async function count(endpoint: string): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for await (const { key } of client().labels.all(endpoint, { limit: 1000 }))
    counts.set(key ?? "", (counts.get(key ?? "") ?? 0) + 1);
  return counts;
}

const twice = (counts: ReadonlyMap<string, number>) => [...counts].filter(([, times]) => times > 1);

describe("kill -9 while labels come", () => {
  const kills = rounds(2, 100);

  test(
    `${kills} times under posts and moves into the lake: every answered label is there once`,
    { timeout: rounds(240_000, 3_600_000) },
    async () => {
      const answered = new Set<string>();
      let last = 0;
      for (let kill = 0; kill < kills; kill++) {
        let running = true;
        const alive = () => running;
        const repeat = async (work: () => Promise<unknown>) => {
          while (alive()) await work().catch((error: unknown) => alive() && Promise.reject(error as Error));
        };
        const post = async () => {
          const keys = Array.from({ length: 1 + (last % 7) }, () => `P ${++last}`);
          const labels = keys.map((key) => ({ key, value: 1 }));
          const { stored } = await client().labels.add(name, labels, { resolve: last % 5 === 0 });
          if (stored === keys.length) for (const key of keys) answered.add(key);
        };
        const before = answered.size;
        // A summary moves what waits in SQL into the lake.
        const all = [repeat(post), repeat(post), repeat(() => client().labels.summary(name))];
        while (answered.size < before + 30) await pause(5);
        await pause(Math.random() * 400);
        running = false;
        await server.kill9();
        await Promise.allSettled(all);
        await server.restart({ env });
        const counts = await count(name);
        expect([...answered].filter((key) => counts.get(key) !== 1)).toEqual([]);
        expect(twice(counts)).toEqual([]);
      }
    },
  );

  test(
    `${kills} times in the middle of an import: all of it or nothing, and repeated it is there once`,
    { timeout: rounds(240_000, 3_600_000) },
    async () => {
      for (let kill = 0; kill < kills; kill++) {
        const endpoint = `${name}-import-${kill}`;
        await deploy(server.url, smallModel("matrix"), { name: endpoint, manifest });
        const keys = Array.from({ length: 20_000 }, (_, i) => `I ${i}`);
        const text = `key,value\n${keys.map((key, i) => `${key},${i % 2}`).join("\n")}\n`;
        writeFileSync(join(folder, "import.csv"), text);
        const sha256 = await upload(client(), Buffer.from(text));
        const start = () => client().labels.import(endpoint, { sha256, format: "csv" });
        const { id } = await start();
        // What the operation says tells how far it is: so far in one round, farther in the next.
        const stages = [/./, /reading/, /matching|there already/, /writing/];
        const far = kill % stages.length;
        await expect
          .poll(
            async () => {
              const { state, message } = await client().operations.get(id);
              return state === "succeeded" || stages.slice(far).some((stage) => stage.test(message));
            },
            { timeout: 60_000, interval: 2 },
          )
          .toBe(true);
        await pause(Math.random() * 60);
        await server.kill9();
        await server.restart({ env });
        const { labels } = await client().labels.summary(endpoint);
        expect([0, keys.length]).toContain(labels);
        const again = await client().operations.wait((await start()).id);
        expect(again.result).toMatchObject({ rows: keys.length, stored: keys.length - labels, duplicates: labels });
        const third = await client().operations.wait((await start()).id);
        expect(third.result).toMatchObject({ stored: 0, duplicates: keys.length });
        expect((await client().labels.summary(endpoint)).labels).toBe(keys.length);
      }
    },
  );

  test(
    `${rounds(2, 50)} times under a schedule: what is pulled and how far it is never disagree`,
    { timeout: rounds(240_000, 3_600_000) },
    async () => {
      const endpoint = `${name}-pulls`;
      const query = "select key, value, observed_at from landed where observed_at > $since_ms";
      const labels = { sql: { source: "landed", query, every: "1s" } };
      await deploy(server.url, smallModel("matrix"), { name: endpoint, manifest: { ...manifest, labels } });
      // Who reads the file keeps its writer waiting for a moment.
      const database = new DatabaseSync(landed, { timeout: 60_000 });
      const insert = database.prepare("insert into landed values (?, ?, ?)");
      const from = Date.parse("2026-11-01T00:00:00Z");
      let rows = 0;
      const has = async () => (await count(endpoint)).size;
      for (let kill = 0; kill < rounds(2, 50); kill++) {
        database.exec("begin immediate");
        for (let i = 0; i < 500; i++) insert.run(`S ${++rows}`, i % 2, from + rows);
        database.exec("commit");
        await pause(Math.random() * 2500);
        await server.kill9();
        await server.restart({ env });
        await expect.poll(has, { timeout: 60_000, interval: 300 }).toBe(rows);
        expect(twice(await count(endpoint))).toEqual([]);
      }
      database.close();
      expect((await client().labels.summary(endpoint)).pull?.watermark).toBe(new Date(from + rows).toISOString());
    },
  );
});
