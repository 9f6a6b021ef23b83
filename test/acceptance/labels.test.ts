import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { DuckDBInstance } from "@duckdb/node-api";
import { createClient, type Client, type SlipwayError } from "@slipway/sdk";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runCli } from "../lib/cli.ts";
import { deploy } from "../lib/deploy.ts";
import { fetchJson } from "../lib/fetch-json.ts";
import { smallModel } from "../lib/models.ts";
import { startPglite } from "../lib/pglite-server.ts";
import { useServer } from "../lib/server.ts";

const folder = mkdtempSync(join(tmpdir(), "slipway-labels-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const never = "01931c3e-7a51-7c60-b3a5-0d2f6f1f2a11";
const manifest = { serve: { timeout: "20s" }, log: { key: "flight" } };

/** What a test needs of one server. */
function toolsOf(server: { readonly url: string }) {
  const client = (): Client => createClient({ url: server.url });
  const predict = async (endpoint: string, keys: readonly string[]): Promise<string> => {
    const records = keys.map((flight) => ({ X: [1, 2, 3, 4], flight }));
    return (await client().endpoint(endpoint).predict(records)).id;
  };
  const cli = (...args: readonly string[]) => runCli(args, { url: server.url, timeoutMs: 60_000 });
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  return { client, predict, cli, write };
}

describe("labels", { timeout: 120_000 }, () => {
  const server = useServer();
  const { client, predict, cli, write } = toolsOf(server);
  const name = "flights";
  beforeAll(async () => void (await deploy(server.url, smallModel("matrix"), { name, manifest })), 60_000);

  test("by id, by row and by key are told to be attached, unknown or ambiguous, and shown with the prediction", async () => {
    const one = await predict(name, ["AA 1"]);
    const many = await predict(name, ["AA 2", "AA 3"]);
    await predict(name, ["AA 3"]);
    const report = await client()
      .endpoint(name)
      .label([
        { prediction: one, value: 31.5, observed_at: "2026-11-22T08:00:00Z" },
        { prediction: `${many}/1`, value: "late" },
        { key: "AA 2", value: true },
        { key: "AA 3", value: 1 },
        { key: "nobody", value: 1 },
        { prediction: many, value: 1 },
        { prediction: never, value: 1 },
      ]);
    expect(report).toMatchObject({ received: 7, stored: 7, duplicates: 0, matched: 3, unknown: 2, ambiguous: 2 });
    expect(report.items.map((item) => [item.index, item.status])).toEqual([
      [3, "ambiguous"],
      [4, "unknown"],
      [5, "ambiguous"],
      [6, "unknown"],
    ]);
    expect(report.items[0]?.message).toMatch(/2 predictions carry the key "AA 3".*"ambiguous": latest or all/);
    const labelOf = async (id: string) => (await client().predictions.get(id)).label;
    expect(await labelOf(one)).toMatchObject({ value: "31.5", number: 31.5, observed_at: "2026-11-22T08:00:00.000Z" });
    expect(await labelOf(`${many}/0`)).toMatchObject({ value: "true", number: null, source: "api" });
    expect(await labelOf(`${many}/1`)).toMatchObject({ value: "late" });
    expect((await cli("predictions", "show", one)).stdout).toMatch(
      /^label +31\.5, observed 2026-11-22T08:00:00\.000Z, from api$/m,
    );
    expect(await client().labels.summary(name)).toMatchObject({
      labels: 7,
      predictions_labelled: 3,
      unknown: 2,
      ambiguous: 2,
      corrected: 0,
      pull: null,
    });
  });

  test("that are corrected supersede, and all of them stay", async () => {
    const id = await predict(name, ["corrected"]);
    for (const value of ["early", "late", "early"])
      expect(await client().labels.add(name, { key: "corrected", value })).toMatchObject({ stored: 1, matched: 1 });
    const again = await client().labels.add(name, { key: "corrected", value: "early" });
    expect(again).toMatchObject({ stored: 0, duplicates: 1, items: [{ status: "duplicate" }] });
    expect((await client().predictions.get(id)).label).toMatchObject({ value: "early" });
    const { items } = await client().labels.list(name, { key: "corrected" });
    expect(items.map((item) => item.value)).toEqual(["early", "late", "early"]);
    const pages = [];
    for await (const item of client().labels.all(name, { key: "corrected", limit: 1 })) pages.push(item.id);
    expect(pages).toEqual(items.map((item) => item.id));
  });

  test("come before their prediction, and outlive a restart", async () => {
    const report = await client().labels.add(name, [{ key: "tomorrow", value: 1 }], { resolve: false });
    expect(report).toMatchObject({ stored: 1, matched: null, unknown: null, ambiguous: null, items: [] });
    await server.restart();
    const id = await predict(name, ["tomorrow"]);
    expect((await client().predictions.get(id)).label).toMatchObject({ value: "1", number: 1 });
    expect(await client().labels.add(name, { key: "tomorrow", value: 1 })).toMatchObject({ duplicates: 1, matched: 1 });
  });

  test("that are wrong are refused, all of a request", async () => {
    const before = (await client().labels.summary(name)).labels;
    const send = async (json: unknown) =>
      fetchJson(`${server.url}/api/v1/endpoints/${name}/labels`, { json }).then(({ status, body }) => [
        status,
        body.detail,
      ]);
    const good = { key: "AA 1", value: 1 };
    expect(await send([good, { key: "AA 1", prediction: never, value: 1 }])).toEqual([
      400,
      expect.stringMatching(/^Label 1: give either/),
    ]);
    expect(await send([good, { prediction: "AA 1", value: 1 }])).toEqual([
      400,
      expect.stringMatching(/^Label 1: "AA 1" is not/),
    ]);
    expect(await send([good, { key: "AA 1", value: 1, observed_at: "soon" }])).toEqual([
      400,
      expect.stringMatching(/is not a time/),
    ]);
    expect(await send([good, { key: "AA 1", vaule: 1 }])).toEqual([400, expect.stringMatching(/vaule/)]);
    expect(await send({ labels: [] })).toEqual([400, expect.any(String)]);
    expect(await send({ labels: Array.from({ length: 10_001 }, () => good) })).toEqual([400, expect.any(String)]);
    const missing = await fetchJson(`${server.url}/api/v1/endpoints/nothing/labels`, { json: good });
    expect([missing.status, missing.body.code]).toEqual([404, "endpoint_not_found"]);
    expect((await client().labels.summary(name)).labels).toBe(before);
  });

  test("of files are attached as a whole, once, from the command line", async () => {
    const id = await predict(name, ["F 1", "F 2", "F 3"]);
    const csv = write("landed.csv", "flight;late;seen\nF 1;1;2026-11-20\nF 2;0;2026-11-20 10:00\nF 9;1;\n");
    const columns = ["--key-column", "flight", "--value-column", "late", "--observed-at-column", "seen"];
    const first = await cli("label", name, "--file", csv, ...columns, "--source", "gate", "--json");
    expect(JSON.parse(first.stdout)).toMatchObject({ rows: 3, stored: 3, duplicates: 0, matched: 2, unknown: 1 });
    const again = await cli("label", name, "--file", csv, ...columns, "--source", "gate");
    expect(again.stdout).toMatch(/^stored +0$/m);
    expect(again.stdout).toMatch(/^said already +3$/m);
    expect((await client().predictions.get(`${id}/0`)).label).toMatchObject({ value: "1", source: "gate" });

    const bad = write(
      "bad.jsonl",
      `{"prediction": "${id}/2", "value": 5}\n{"prediction": "${id}/x", "value": 5}\n{"key": "F 1"}\n`,
    );
    const refused = await cli("label", name, "--file", bad);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/2 rows are wrong, so nothing was imported\. line 2: .*line 3: it has no value/);
    expect((await client().predictions.get(`${id}/2`)).label).toBeNull();
    const skipped = await cli("label", name, "--file", bad, "--skip-bad");
    expect(skipped.stdout).toMatch(/^left out +2$/m);
    expect(skipped.stderr).toMatch(/line 3: it has no value/);
    expect((await client().predictions.get(`${id}/2`)).label).toMatchObject({ value: "5" });
  });

  test("of one prediction, and what there is, from the command line", async () => {
    await predict(name, ["C 1"]);
    const stored = await cli("label", name, "--key", "C 1", "--value", "late", "--source", "tower");
    expect([stored.code, stored.stdout]).toEqual([0, expect.stringMatching(/^label +stored\nprediction +attached\n/)]);
    const unknown = await cli("label", name, "--id", `${never}/3`, "--value", "7");
    expect(unknown.stdout).toMatch(/is kept and matched when it comes/);
    const listed = await cli("labels", name, "--key", "C 1", "--json");
    expect(JSON.parse(listed.stdout)).toMatchObject({
      endpoint: name,
      items: [{ key: "C 1", value: "late", source: "tower" }],
    });
    expect((await cli("labels", name, "--id", `${never}/3`, "-o", "csv")).stdout).toMatch(
      new RegExp(`${never}/3,,7,api$`, "m"),
    );
    expect((await cli("labels", name)).stdout).toMatch(/^labels +\d+$/m);
    expect((await cli("label", name, "--value", "7")).code).toBe(2);
    expect((await cli("label", name, "--file", join(folder, "landed.txt"))).code).toBe(2);
  });
});

/** A source with two rows, of which one has no truth yet, and a way to add a third. */
interface Kept {
  readonly kind: string;
  readonly query: string;
  start(): Promise<{ readonly url: string; add(): Promise<void>; close(): Promise<void> }>;
}

const rows = "('S 1', '1', '2026-11-20 10:00:00'), ('S 2', null, '2026-11-20 11:00:00')";
const later = "('S 2', '0', '2026-11-20 12:00:00')";
const query = "select key, value, observed_at from landed where observed_at > $since";

const sources: readonly Kept[] = [
  {
    kind: "duckdb",
    query,
    async start() {
      const path = join(folder, "landed.duckdb");
      const exec = async (sql: string) => {
        const instance = await DuckDBInstance.create(path);
        const connection = await instance.connect();
        await connection.run(sql);
        connection.closeSync();
        instance.closeSync();
      };
      await exec(
        `create table landed (key varchar, value varchar, observed_at timestamp); insert into landed values ${rows}`,
      );
      return { url: `duckdb://${path}`, add: () => exec(`insert into landed values ${later}`), close: async () => {} };
    },
  },
  {
    kind: "sqlite",
    query: "select key, value, observed_at from landed where julianday(observed_at) > julianday($since)",
    async start() {
      const path = join(folder, "landed.sqlite");
      const database = new DatabaseSync(path);
      database.exec(`create table landed (key text, value text, observed_at text); insert into landed values ${rows}`);
      const add = async () => database.exec(`insert into landed values ${later}`);
      return { url: `sqlite://${path}`, add, close: async () => database.close() };
    },
  },
  {
    kind: "postgres",
    query,
    async start() {
      const pglite = await startPglite();
      await pglite.exec(
        `create table landed (key text, value text, observed_at timestamptz); insert into landed values ${rows}`,
      );
      return { url: pglite.url, add: () => pglite.exec(`insert into landed values ${later}`), close: pglite.close };
    },
  },
];

describe("labels.sql", { timeout: 120_000 }, () => {
  const server = useServer({ args: [] });
  const { client, predict, cli } = toolsOf(server);

  test.each(sources)(
    "pulls from $kind what is new, on request and on schedule",
    async ({ kind, query: text, start }) => {
      const source = await start();
      try {
        await server.restart({ env: { [`SLIPWAY_SOURCE_${kind.toUpperCase()}`]: source.url } });
        const name = `pulls-${kind}`;
        const sql = { source: kind, query: text, every: "24h" };
        await deploy(server.url, smallModel("matrix"), { name, manifest: { ...manifest, labels: { sql } } });
        const id = await predict(name, ["S 1", "S 2"]);
        // The schedule begins at once, with all that is there.
        await expect
          .poll(async () => (await client().labels.summary(name)).pull?.rows, { timeout: 30_000, interval: 200 })
          .toBe(2);
        const first = await client().labels.summary(name);
        expect(first).toMatchObject({ labels: 1, predictions_labelled: 1, pull: { source: kind, stored: 1 } });
        expect(first.pull?.watermark).toBe("2026-11-20T10:00:00.000Z");
        expect(first.pull?.error).toMatch(/^1 of 2 rows were left out; the first is row 2: it has no value\.$/);
        await source.add();
        const pulled = await cli("label", "pull", name, "--json");
        expect(JSON.parse(pulled.stdout)).toMatchObject({ stored: 1, duplicates: 0, matched: 1, skipped: 1 });
        expect((await client().predictions.get(`${id}/1`)).label).toMatchObject({ value: "0", source: kind });
        const again = await cli("label", "pull", name, "--json");
        expect(JSON.parse(again.stdout)).toMatchObject({ rows: 0, stored: 0 });
        // A schedule that is shorter now holds at once; the pull is on record.
        await client().endpoints.apply(name, { slipway: 1, name, labels: { sql: { ...sql, every: "1s" } } });
        const lastAt = (await client().labels.summary(name)).pull?.last_at ?? "";
        await expect
          .poll(async () => (await client().labels.summary(name)).pull?.last_at ?? "", {
            timeout: 30_000,
            interval: 200,
          })
          .not.toBe(lastAt);
        await client().endpoints.apply(name, { slipway: 1, name, labels: { sql: "none" } });
        expect((await client().labels.summary(name)).pull).toBeNull();
      } finally {
        await source.close();
      }
    },
  );

  test("cannot write, cannot leave its source, and says what is wrong without telling a password", async () => {
    const path = join(folder, "own.duckdb");
    const instance = await DuckDBInstance.create(path);
    instance.closeSync();
    const env = { SLIPWAY_SOURCE_OWN: `duckdb://${path}`, SLIPWAY_SOURCE_GONE: "postgres://me:hush@127.0.0.1:1/db" };
    await server.restart({ env });
    const name = "strict";
    await deploy(server.url, smallModel("matrix"), { name });
    const fails = async (source: string, text: string): Promise<SlipwayError> => {
      const sql = { source, query: text, every: "24h" };
      await client().endpoints.apply(name, { slipway: 1, name, labels: { sql } });
      const wait = async () => client().operations.wait((await client().labels.pull(name)).id);
      return wait().then(
        () => Promise.reject(new Error("It was pulled.")),
        (error: SlipwayError) => error,
      );
    };
    expect(await fails("own", "copy (select 1) to '/tmp/slipway-labels-leak.csv'")).toMatchObject({
      code: "invalid_query",
    });
    expect((await fails("own", "select content as value, 'k' as key from read_text('/etc/passwd')")).code).toBe(
      "invalid_query",
    );
    expect((await fails("own", "select 1 as value")).message).toMatch(/"prediction" or "key"/);
    const gone = await fails("gone", "select 1 as key, 2 as value");
    expect(gone.code).toBe("invalid_query");
    expect(JSON.stringify([gone.message, gone.details, await client().labels.summary(name)])).not.toContain("hush");
    expect((await client().labels.summary(name)).pull?.error).toMatch(/could not be queried/);
    expect(await fails("elsewhere", "select 1")).toMatchObject({
      code: "precondition_failed",
      message: expect.stringMatching(/no source "elsewhere"; it has: .*SLIPWAY_SOURCE_ELSEWHERE/),
    });
    expect(server.stderr()).not.toContain("hush");
  });
});
