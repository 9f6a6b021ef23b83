import { decodeRowSet, encodeRowSet, eraseFromSegment } from "@slipway/runtime/log";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { idTime } from "../kernel/ids.ts";
import type { ListPredictions } from "./look-up.ts";
import type { PredictionLog } from "./prediction-log.ts";
import { flightInputs, flightRoute, openLog } from "./testing/log.ts";

interface Item {
  readonly id: string;
  readonly [name: string]: unknown;
}
interface Page {
  readonly items: Item[];
  readonly next: string | null;
}

const opened: PredictionLog[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((log) => log.close()));
});

async function openTestLog(options?: Parameters<typeof openLog>[0]) {
  const test = await openLog(options);
  opened.push(test.log);
  return test;
}

async function list(log: PredictionLog, query: Partial<ListPredictions> = {}): Promise<Page> {
  const bytes = await log.list({ endpoint: "flights", limit: 50, cursor: null, ...query });
  return JSON.parse(new TextDecoder().decode(bytes)) as Page;
}

async function listAll(log: PredictionLog, query: Partial<ListPredictions> = {}): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | null = null;
  do {
    const page: Page = await list(log, { ...query, cursor });
    ids.push(...page.items.map(({ id }) => id));
    cursor = page.next;
  } while (cursor !== null);
  return ids;
}

async function find(log: PredictionLog, id: string, row: number | null = null): Promise<Item | null> {
  const bytes = await log.find(id, row);
  return bytes === null ? null : (JSON.parse(new TextDecoder().decode(bytes)) as Item);
}

test("what was answered for nobody is below the request that it repeats, and in lists only where it is asked for", async () => {
  const { log, append, instance } = await openTestLog();
  const about = { rows: 2, inputs: flightInputs(["ATL", "JFK"], [1, 2]), keys: ["a", "b"] };
  const outputs = (yes: number) => [
    { name: "late", datatype: "FP32" as const, shape: [2, 1], data: Float32Array.of(0, yes) },
  ];
  const id = await append("flights", { ...about, outputs: outputs(0.25) });
  const other = await append("flights");
  const route = flightRoute(instance, { version: 3, digest: null });
  const shadow = await append("flights", {
    ...({ route } as object),
    ...about,
    face: "shadow",
    shadowOf: { id, row: 0 },
    outputs: outputs(0.75),
  });
  const both = [`${id}/0`, `${id}/1`];
  expect(await listAll(log, { order: "oldest" })).toEqual([...both, other]);
  expect(await listAll(log, { key: "b" })).toEqual([`${id}/1`]);
  const all = await list(log, { order: "oldest", shadows: true });
  expect(all.items.map((item) => [item.id, item["shadow_of"] ?? null])).toEqual([
    ...both.map((one) => [one, null]),
    [other, null],
    [`${shadow}/0`, id],
    [`${shadow}/1`, id],
  ]);
  const said = { id: `${shadow}/1`, version: 3, status: "ok", outputs: { late: 0.75 }, error: null };
  expect(await find(log, id, 1)).toMatchObject({ outputs: { late: 0.25 }, shadows: [said] });
  expect(await find(log, other)).not.toHaveProperty("shadows");
  expect(await find(log, shadow, 0)).toMatchObject({ shadow_of: id, face: "shadow" });
});

test("says to which arm a request went, and by which rule", async () => {
  const { log, append, instance } = await openTestLog();
  const route = flightRoute(instance, { arm: "challenger", rule: "testers", propensity: 1 });
  const id = await append("flights", { route } as object);
  expect(await find(log, id)).toMatchObject({ arm: "challenger", rule: "testers", propensity: 1 });
});

test("what was answered is found at once, with everything about it", async () => {
  const { log, append, instance } = await openTestLog();
  const id = await append("flights", {
    keys: ["UA-17"],
    extra: [{ carrier: "UA" }],
    trace: { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331" },
    user: "ann",
    requestId: "mine",
  });
  const expected = {
    id,
    at: new Date(idTime(id)).toISOString(),
    endpoint: "flights",
    revision: 4,
    model: "flights",
    version: 2,
    pinned: false,
    face: "predict",
    status: "ok",
    key: "UA-17",
    rows: 1,
    row: 0,
    inputs: { origin: "ATL", distance: 760 },
    outputs: { late: [0.25, 0.75] },
    error: null,
    fallback: null,
    durations_us: { parse: 10, queue: 20, run: 30, total: 70 },
    batch_rows: 1,
    trace_id: "0af7651916cd43dd8448eb211c80319c",
    request_id: "mine",
    extra: { carrier: "UA" },
    digest: "ab".repeat(32),
    instance,
    redacted: [],
    user: "ann",
  };
  expect(await list(log)).toEqual({ items: [expected], next: null });
  expect(await find(log, id)).toEqual(expected);
  expect(await find(log, id, 0)).toEqual(expected);
  expect(await find(log, id, 1)).toBeNull();
  expect(
    await find(
      log,
      id.replace(/.$/, (digit) => (digit === "0" ? "1" : "0")),
    ),
  ).toBeNull();
  const next = await append("flights");
  expect((await list(log)).items.map((item) => item.id)).toEqual([next, id]);
});

test("pages cover several segments and instances without a gap or a double, in both orders", async () => {
  const first = await openTestLog({ segmentBytes: 1500 });
  const ids: string[] = [];
  for (let i = 0; i < 20; i++) {
    ids.push(await first.append("flights"));
    await first.append("others");
  }
  await first.log.close();
  const second = await openTestLog({ folder: first.folder, segmentBytes: 1500 });
  for (let i = 0; i < 20; i++) ids.push(await second.append("flights"));
  expect((await readdir(join(first.folder, second.instance))).length).toBeGreaterThan(3);
  for (const limit of [1, 7, 40, 100]) {
    expect(await listAll(second.log, { limit, order: "oldest" })).toEqual(ids);
    expect(await listAll(second.log, { limit })).toEqual(ids.toReversed());
  }
  for (const id of ids) expect((await find(second.log, id))?.id).toBe(id);
});

test("a request of many rows is one prediction a row, also across pages", async () => {
  const { log, append } = await openTestLog();
  const many = {
    rows: 3,
    keys: ["a", null, "c"],
    extra: [{ n: 1 }, null, { n: 3 }],
    inputs: flightInputs(["ATL", "JFK", "SFO"], [1.5, Number.NaN, 0.1]),
    outputs: [{ name: "late", datatype: "FP64" as const, shape: [3, 1], data: Float64Array.of(0.1, 0.2, Infinity) }],
  };
  const before = await append("flights");
  const id = await append("flights", many);
  const rows = [`${id}/2`, `${id}/1`, `${id}/0`];
  for (const limit of [1, 2, 3, 10]) {
    expect(await listAll(log, { limit })).toEqual([...rows, before]);
    expect(await listAll(log, { limit, order: "oldest" })).toEqual([before, ...rows.toReversed()]);
  }
  expect(await find(log, id, 1)).toMatchObject({
    id: `${id}/1`,
    rows: 3,
    row: 1,
    key: null,
    extra: null,
    inputs: { origin: "JFK", distance: null },
    outputs: { late: 0.2 },
  });
  expect(await find(log, id, 2)).toMatchObject({ inputs: { distance: 0.1 }, outputs: { late: "Infinity" } });
  expect(await find(log, id)).toMatchObject({
    id,
    row: null,
    keys: ["a", null, "c"],
    extra: [{ n: 1 }, null, { n: 3 }],
    inputs: { origin: ["ATL", "JFK", "SFO"], distance: [1.5, null, 0.1] },
    outputs: { late: [[0.1], [0.2], ["Infinity"]] },
  });
  expect(await listAll(log, { key: "c" })).toEqual([`${id}/2`]);
  expect(await find(log, id, 3)).toBeNull();
});

test("filters by time, trouble and key", async () => {
  const { log, append } = await openTestLog({ segmentBytes: 1500 });
  const now = Date.now();
  const at = (ageMs: number) => ({ at: (now - ageMs) * 1000 });
  const old = await append("flights", { ...at(5000), status: "fallback", fallback: "flights@1", keys: ["k1"] });
  const middle = await append("flights", { ...at(3000), keys: ["k12"] });
  const error = { code: "model_failed", message: "no" };
  const recent = await append("flights", { ...at(1000), status: "error", error, rows: 0, inputs: [], outputs: [] });
  expect(await listAll(log, { since: now - 3000 })).toEqual([recent, middle]);
  expect(await listAll(log, { until: now - 3000 })).toEqual([old]);
  expect(await listAll(log, { since: now - 4000, until: now - 2000 })).toEqual([middle]);
  expect(await listAll(log, { errors: true })).toEqual([recent, old]);
  expect(await listAll(log, { key: "k1" })).toEqual([old]);
  expect(await listAll(log, { key: "k" })).toEqual([]);
  expect(await listAll(log, { endpoint: "flight" })).toEqual([]);
  expect((await list(log, { limit: 1 })).items[0]).toMatchObject({
    status: "error",
    error,
    row: 0,
    rows: 0,
    inputs: {},
  });
});

test("following by the cursor, oldest first, shows each prediction once", async () => {
  const { log, append } = await openTestLog({ segmentBytes: 1000 });
  const ids: string[] = [];
  const seen: string[] = [];
  let cursor: string | null = null;
  for (let round = 0; round < 12; round++) {
    for (let i = 0; i < round % 4; i++) ids.push(await append("flights"));
    const page: Page = await list(log, { order: "oldest", limit: 2, cursor });
    seen.push(...page.items.map(({ id }) => id).filter((id) => !seen.includes(id)));
    cursor = page.next ?? cursor;
  }
  expect(seen).toEqual(ids.slice(0, seen.length));
  expect(seen.length).toBeGreaterThan(10);
});

test("long values are cut in a list and whole in one prediction; redacted ones are named", async () => {
  const { log, append } = await openTestLog();
  const data = Float32Array.from({ length: 1200 }, (_, i) => i);
  const id = await append("flights", {
    inputs: [
      { name: "image", datatype: "FP32", shape: [1, 30, 40], data },
      { name: "secret", datatype: "FP32", shape: [0], data: [] },
      { name: "big", datatype: "INT64", shape: [1, 2], data: BigInt64Array.of(7n, 2n ** 60n) },
      { name: "flag", datatype: "BOOL", shape: [1], data: Uint8Array.of(1) },
      { name: "half", datatype: "FP16", shape: [1], data: Uint16Array.of(0x3c00) },
      { name: "raw", datatype: "BYTES", shape: [1], data: [Uint8Array.of(255, 0)] },
    ],
    redacted: ["secret"],
    rawBody: { contentType: "text/plain", length: 3, bytes: Buffer.from("abc") },
  });
  const [listed] = (await list(log)).items;
  expect(listed?.["inputs"]).toEqual({
    image: {
      cut: true,
      note: expect.any(String),
      datatype: "FP32",
      shape: [30, 40],
      first: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    },
    big: [7, String(2n ** 60n)],
    flag: true,
    half: 1,
    raw: { b64: "/wA=" },
  });
  expect(listed?.["redacted"]).toEqual(["secret"]);
  expect(listed).not.toHaveProperty("raw_body");
  const found = await find(log, id);
  const { image } = found!["inputs"] as { image: number[][] };
  expect(image).toHaveLength(30);
  expect(image.flat()).toEqual([...data]);
  expect(found?.["raw_body"]).toEqual({ content_type: "text/plain", bytes: 3, text: "abc" });
});

test("an empty log, strange files and a strange cursor", async () => {
  const folder = await mkdtemp(join(tmpdir(), "slipway-"));
  await mkdir(join(folder, "lost+found"));
  const { log, append } = await openTestLog({ folder });
  expect(await list(log)).toEqual({ items: [], next: null });
  await expect(log.list({ endpoint: "flights", limit: 5, cursor: "bm9uc2Vuc2U" })).rejects.toMatchObject({
    code: "invalid_request",
  });
  await append("flights");
  expect(await listAll(log)).toHaveLength(1);
});

test("segments that were deleted are forgotten", async () => {
  const { log, append, folder, instance } = await openTestLog({ segmentBytes: 100 });
  const first = await append("flights");
  const second = await append("flights");
  expect(await listAll(log)).toEqual([second, first]);
  await rm(join(folder, instance, "00000001.log"));
  expect(await listAll(log)).toEqual([second]);
  expect(await find(log, first)).toBeNull();
});

test("what was erased is left out of lists and told as erased, never as zeros", async () => {
  const { log, append, folder, instance } = await openTestLog();
  const many = {
    rows: 3,
    keys: ["ann", "ben", "cho"],
    extra: [{ n: 1 }, { n: 2 }, { n: 3 }],
    inputs: flightInputs(["ATL", "JFK", "SFO"], [1, 2, 3]),
    outputs: [{ name: "late", datatype: "FP64" as const, shape: [3, 1], data: Float64Array.of(0.1, 0.2, 0.3) }],
  };
  const id = await append("flights", many);
  const single = await append("flights", { keys: ["ben"] });
  const other = await append("flights", { keys: ["dee"] });
  await log.rotate();
  expect(await find(log, single)).toMatchObject({ key: "ben" });
  const rows = decodeRowSet(
    encodeRowSet([
      { id, row: 1 },
      { id: single, row: 0 },
    ]),
  );
  await eraseFromSegment(join(folder, instance, "00000001.log"), rows);
  const next = await append("flights", { keys: ["eve"] });
  expect(await listAll(log)).toEqual([next, other, `${id}/2`, `${id}/0`]);
  expect(await listAll(log, { key: "ben" })).toEqual([]);
  await expect(log.find(single, null)).rejects.toMatchObject({
    code: "prediction_not_found",
    details: { erased: true },
  });
  await expect(log.find(id, 1)).rejects.toThrow("erased on request");
  expect(await find(log, id, 0)).toMatchObject({ key: "ann", inputs: { origin: "ATL", distance: 1 } });
  expect(await find(log, id)).toMatchObject({
    keys: ["ann", null, "cho"],
    extra: [{ n: 1 }, null, { n: 3 }],
    erased_rows: [1],
    inputs: { origin: ["ATL", null, "SFO"], distance: [1, null, 3] },
    outputs: { late: [[0.1], null, [0.3]] },
  });
});
