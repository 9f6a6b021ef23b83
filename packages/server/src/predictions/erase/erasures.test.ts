import { randomUUIDv7 } from "node:crypto";
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import type { EraseResult } from "@slipway/contract";
import { createAudit } from "../../access/index.ts";
import { flightInputs } from "../testing/log.ts";
import { openErasures } from "./testing/open-erasures.ts";

type Opened = Awaited<ReturnType<typeof openErasures>>;
const opened: { readonly test: Opened; readonly folder: string }[] = [];
afterEach(async () => {
  for (const { test, folder } of opened.splice(0)) {
    await test.close();
    await rm(folder, { recursive: true, force: true });
  }
});

async function open(onErased?: (endpoint: string) => Promise<void>) {
  const folder = await mkdtemp(join(tmpdir(), "slipway-"));
  const test = await openErasures(folder, undefined, onErased);
  opened.push({ test, folder });
  return { ...test, folder };
}

async function erase({ erasures, ended }: Opened, where: string, dryRun = false): Promise<EraseResult> {
  const { id } = await erasures.erase("flights", { where, dryRun, author: "ops" });
  const { state, result, error } = await ended(id);
  expect({ state, error }).toEqual({ state: "succeeded", error: null });
  return result as EraseResult;
}

/** Files whose bytes hold the text. */
async function grep(folder: string, text: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && (await readFile(path)).includes(text)) found.push(path.slice(folder.length));
  }
  return found;
}

async function list({ log }: Opened): Promise<Record<string, unknown>[]> {
  const bytes = await log.list({ endpoint: "flights", limit: 1000, cursor: null });
  return (JSON.parse(new TextDecoder().decode(bytes)) as { items: Record<string, unknown>[] }).items;
}

async function query({ lake }: Opened, sql: string): Promise<unknown[]> {
  const { path } = await lake.query({ endpoint: "flights", sql, format: "json" });
  const { rows } = JSON.parse(await readFile(path, "utf8")) as { rows: unknown[] };
  await rm(path);
  return rows;
}

const person = "alice-of-tinytown";

async function fill({ append }: Opened) {
  const single = await append("flights", { keys: [person], user: "app", inputs: flightInputs([person], [1]) });
  for (let i = 0; i < 20; i++) await append("flights", { keys: [`k${i}`], inputs: flightInputs(["ATL"], [i]) });
  const many = await append("flights", {
    rows: 3,
    keys: ["ben", person, "cho"],
    extra: [{ n: 1 }, { who: person }, null],
    inputs: flightInputs(["BOS", person, "SFO"], [7, 8, 9]),
    outputs: [{ name: "late", datatype: "FP32", shape: [3, 2], data: Float32Array.of(1, 2, 3, 4, 5, 6) }],
  });
  const other = await append("others", { keys: [person] });
  const last = await append("flights", { keys: ["last"] });
  return { single, many, other, last };
}

test("what matches is nowhere, everything else is as it was, and the audit trail has a tombstone", async () => {
  const test = await open();
  const { single, many, last } = await fill(test);
  const before = await list(test);
  const rowsBefore = await query(test, `select id, "row", "key", distance, late from predictions order by id, "row"`);
  expect(await erase(test, `"key" = '${person}'`, true)).toMatchObject({
    dry_run: true,
    predictions: 2,
    requests: 2,
    erasure: null,
  });
  const result = await erase(test, `"key" = '${person}'`);
  expect(result).toMatchObject({
    dry_run: false,
    predictions: 2,
    requests: 2,
    widened: 0,
    lake_files: 1,
    unreadable_bytes: 0,
  });
  const gone = (id: unknown) => id === single || id === `${many}/1`;
  expect(await list(test)).toEqual(before.filter(({ id }) => !gone(id)));
  const rows = await query(test, `select id, "row", "key", distance, late from predictions order by id, "row"`);
  expect(rows).toEqual((rowsBefore as { key: string }[]).filter(({ key }) => key !== person));
  await expect(test.log.find(single, null)).rejects.toThrow("erased on request");
  await expect(test.log.find(many, 1)).rejects.toThrow("erased on request");
  expect(await test.log.find(last, null)).not.toBeNull();
  // The other endpoint's prediction of the same key was not asked for.
  expect((await grep(test.folder, person)).sort()).toEqual([
    expect.stringContaining("/lake/others/"),
    expect.stringContaining("/log/"),
  ]);
  const { items } = await createAudit({ sql: test.sql }).list({ limit: 10, cursor: null });
  expect(items).toMatchObject([
    {
      action: "predictions.erase",
      subject: "flights",
      actor: "ops",
      details: {
        erasure: result.erasure,
        predictions: 2,
        requests: 2,
        predicate_sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    },
  ]);
  expect(await readdir(join(test.folder, "erasures"))).toEqual([]);
});

test("what was answered once more for nobody goes with what it repeats, and with nothing else", async () => {
  const test = await open();
  const { single, many, last } = await fill(test);
  const shadow = (id: string, fields: object) => ({ ...fields, face: "shadow", shadowOf: { id, row: 0 } });
  const repeat = (names: string[], numbers: number[]) => ({ rows: names.length, inputs: flightInputs(names, numbers) });
  await test.append("flights", shadow(single, { ...repeat([person], [1]), keys: [person] }));
  const outputs = [{ name: "late", datatype: "FP32", shape: [3, 2], data: new Float32Array(6) }];
  const three = { ...repeat(["BOS", person, "SFO"], [7, 8, 9]), outputs };
  const parted = await test.append("flights", shadow(many, three));
  const kept = await test.append("flights", shadow(last, {}));
  // Counted are predictions: a shadow with the key of one is none.
  expect(await erase(test, `"key" = '${person}'`)).toMatchObject({ predictions: 2, requests: 2, widened: 0 });
  expect(await query(test, `select id, "row", origin from shadows order by origin`)).toEqual([
    { id: kept, row: 0, origin: "ATL" },
    { id: parted, row: 0, origin: "BOS" },
    { id: parted, row: 2, origin: "SFO" },
  ]);
  expect((await grep(test.folder, person)).sort()).toEqual([
    expect.stringContaining("/lake/others/"),
    expect.stringContaining("/log/"),
  ]);
  await expect(test.log.find(parted, 1)).rejects.toThrow("erased on request");
});

test("labels go with their predictions, those that wait and those in files", async () => {
  const test = await open();
  const { single, many } = await fill(test);
  const label = (target: { prediction?: string; row?: number; key?: string }, value: string) => ({
    id: randomUUIDv7(),
    endpoint: "flights",
    prediction: target.prediction ?? null,
    row: target.row ?? null,
    key: target.key ?? null,
    value,
    number: null,
    observedAt: 1,
    timed: false,
    receivedAt: Date.now(),
    source: "test",
    ambiguous: "none" as const,
  });
  await test.labels.insert([
    label({ prediction: single }, "secret one"),
    label({ prediction: many, row: 1 }, "secret two"),
    label({ prediction: many, row: 0 }, "of ben"),
    label({ key: person }, "secret three"),
    label({ key: "cho" }, "of cho"),
  ]);
  expect(await erase(test, `"key" = '${person}'`)).toMatchObject({ predictions: 2, labels: 3 });
  expect(await query(test, `select "value" from label_events order by "value"`)).toEqual([
    { value: "of ben" },
    { value: "of cho" },
  ]);
  expect(await grep(join(test.folder), "secret")).toEqual([]);
});

test("the predicate is one boolean expression over the view, and nothing else", async () => {
  const test = await open();
  await fill(test);
  const refused = [
    "",
    "true) or (true",
    "true; drop table x",
    "true) union select (true",
    "true), (false",
    "*",
    "distance",
    "nothing = 1",
    "count(*) > 1",
    "row_number() over () = 1",
    "$1",
    "exists (select * from read_csv('/etc/passwd'))",
    "distance in (select 1 from read_parquet('/tmp/x.parquet'))",
  ];
  for (const where of refused) {
    const error = await test.erasures.erase("flights", { where, dryRun: true, author: null }).then(
      () => null,
      (reason: { code?: string }) => reason.code,
    );
    if (where !== "true) or (true") expect({ where, error }).toEqual({ where, error: "invalid_query" });
  }
  expect(await erase(test, "distance = 8 -- a comment", true)).toMatchObject({ predictions: 2 });
  expect(await erase(test, 'origin in (select origin from predictions where "row" = 1)', true)).toMatchObject({
    predictions: 2,
  });
});

test("the predicate is in no error that is kept", async () => {
  const test = await open();
  await fill(test);
  const { id } = await test.erasures.erase("flights", { where: "origin::integer = 17", dryRun: true, author: null });
  const { state, error } = await test.ended(id);
  expect(state).toBe("failed");
  expect(error?.code).toBe("invalid_query");
  expect(error?.message).not.toMatch(/17|tinytown|ATL/);
});

test("nothing matches, and twice the same: nothing is changed", async () => {
  const test = await open();
  await fill(test);
  expect(await erase(test, "distance = 12345")).toMatchObject({ predictions: 0, segments: 0, lake_files: 0 });
  expect(await erase(test, "distance = 8")).toMatchObject({ predictions: 2 });
  expect(await erase(test, "distance = 8")).toMatchObject({ predictions: 0 });
  const empty = await test.erasures.erase("no-such", { where: "true", dryRun: false, author: null });
  expect((await test.ended(empty.id)).result).toMatchObject({ predictions: 0 });
});

test("what others made of the predictions goes before the erase is done, and is asked for again where that failed", async () => {
  const asked: string[] = [];
  const test = await open(async (endpoint) => {
    asked.push(endpoint);
    if (asked.length === 1) throw new Error("The disk is full.");
  });
  const listAudit = async () => (await createAudit({ sql: test.sql }).list({ limit: 10, cursor: null })).items;
  await fill(test);
  const where = `"key" = '${person}'`;
  await erase(test, where, true);
  expect(asked).toEqual([]);
  const { id } = await test.erasures.erase("flights", { where, dryRun: false, author: "ops" });
  expect(await test.ended(id)).toMatchObject({ state: "failed" });
  expect(await listAudit()).toEqual([]);
  await test.erasures.resume();
  const { items } = await test.operations.list({ limit: 10, cursor: null });
  const [resumed] = items.filter((operation) => operation.id > id);
  expect(await test.ended(resumed?.id ?? "")).toMatchObject({ state: "succeeded" });
  expect(asked).toEqual(["flights", "flights"]);
  expect(await listAudit()).toHaveLength(1);
});
