import type { Signature, Tensor } from "@slipway/runtime";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { flightInputs, flightRoute } from "../testing/log.ts";
import type { WrittenFile } from "./lake-file.ts";
import { openTestLake, type TestLakeOptions } from "./testing/open-lake.ts";

type TestLake = Awaited<ReturnType<typeof openTestLake>>;
const sqlTask = new URL("../erase/testing/sql-task.ts", import.meta.url);
const opened: TestLake[] = [];
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
});

async function open(options?: TestLakeOptions): Promise<TestLake> {
  const lake = await openTestLake(options);
  opened.push(lake);
  return lake;
}

async function reopen(lake: TestLake, options: TestLakeOptions = {}): Promise<TestLake> {
  opened.splice(opened.indexOf(lake), 1);
  await lake.close();
  return open({ ...options, data: lake.data });
}

/** As the first layout had them: fewer fixed columns, so that an input could be called what one of them is called now. */
async function toFirstLayout(lake: TestLake["lake"]): Promise<void> {
  await lake.exclusive(async (writer) => {
    const files = await writer.listFiles({ kind: "predictions" });
    const add: WrittenFile[] = [];
    for (const { id: _, path, createdAt: __, ...file } of files) {
      const tempPath = writer.tempPath();
      const fixed = "SELECT * EXCLUDE (arm, rule, propensity, bucket, shadow_of), 'left' AS arm";
      const sql = `${fixed} FROM read_parquet('${join(lake.folder, path)}')`;
      await writer.run({ module: sqlTask, input: { files: { [tempPath]: sql } } });
      add.push({ ...file, signature: "0123456789abcdef", tempPath });
    }
    await writer.replaceFiles({ add, remove: files.map(({ id }) => id) });
  });
}

const parquetFiles = async (data: string) =>
  (await readdir(join(data, "lake"), { recursive: true })).filter((name) => name.endsWith(".parquet"));

describe("the lake of predictions", () => {
  test("has what was answered a moment ago, with everything about it", async () => {
    const { append, rows } = await open();
    const id = await append("flights", {
      at: Date.parse("2026-03-01T23:59:59.999Z") * 1000 + 7,
      keys: ["UA-17"],
      extra: [{ carrier: "UA" }],
      trace: { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331" },
      user: "ann",
      requestId: "mine",
    });
    expect(await rows("SELECT * FROM predictions")).toEqual([
      {
        id,
        row: 0,
        prediction: id,
        rows: 1,
        predicted_at: "2026-03-01T23:59:59.999007Z",
        model: "flights",
        version: 2,
        digest: "ab".repeat(32),
        revision: 4,
        status: "ok",
        pinned: false,
        face: "predict",
        key: "UA-17",
        error_code: null,
        error_message: null,
        fallback: null,
        user_name: "ann",
        request_id: "mine",
        trace_id: "0af7651916cd43dd8448eb211c80319c",
        parse_us: 10,
        queue_us: 20,
        run_us: 30,
        total_us: 70,
        batch_rows: 1,
        extra: '{"carrier":"UA"}',
        redacted: null,
        arm: null,
        rule: null,
        propensity: null,
        bucket: null,
        shadow_of: null,
        origin: "ATL",
        distance: 760,
        late: "yes",
        late_p_no: 0.25,
        late_p_yes: 0.75,
      },
    ]);
    const next = await append("flights");
    expect((await rows("SELECT prediction FROM predictions ORDER BY id")).map((row) => row["prediction"])).toContain(
      next,
    );
  });

  test("has a row for each prediction of a request, also over the borders of chunks", async () => {
    const { append, rows } = await open();
    const count = 5000;
    const names = Array.from({ length: count }, (_, i) => `airport number ${i} é`);
    const id = await append("flights", {
      rows: count,
      keys: names.map((name, i) => (i % 3 === 0 ? null : name)),
      extra: names.map((_, i) => (i % 2 === 0 ? { i } : null)),
      inputs: flightInputs(
        names,
        names.map((_, i) => (i % 5 === 0 ? Number.NaN : i)),
      ),
      outputs: [
        {
          name: "late",
          datatype: "FP32",
          shape: [count, 2],
          data: Float32Array.from({ length: 2 * count }, (_, i) => (i % 4 === 3 ? 0.75 : 0.25)),
        },
      ],
    });
    const found = await rows(
      'SELECT prediction, "row", key, extra, origin, distance, late, late_p_yes FROM predictions ORDER BY "row"',
    );
    expect(found).toHaveLength(count);
    for (const [i, row] of found.entries())
      expect(row).toEqual({
        prediction: `${id}/${i}`,
        row: i,
        key: i % 3 === 0 ? null : names[i],
        extra: i % 2 === 0 ? JSON.stringify({ i }) : null,
        origin: names[i],
        distance: i % 5 === 0 ? null : i,
        late: i % 2 === 1 ? "yes" : "no",
        late_p_yes: i % 2 === 1 ? 0.75 : 0.25,
      });
  });

  test("keeps errors and what names no version beside the rest, and redacted inputs empty", async () => {
    const { append, rows } = await open();
    await append("flights", {
      status: "error",
      rows: 0,
      error: { code: "invalid_input", message: "no" },
      inputs: [],
      outputs: [],
      rawBody: { contentType: "application/json", length: 3, bytes: Buffer.from("{no") },
    });
    await append("flights", {
      redacted: ["origin"],
      inputs: [{ name: "origin", datatype: "BYTES", shape: [0], data: [] }, flightInputs(["x"], [1])[1]!],
    });
    await append("flights", { status: "fallback", fallback: "flights@1" });
    const sql = "SELECT status, error_code, fallback, redacted, origin, distance FROM predictions ORDER BY status";
    expect(await rows(sql)).toMatchObject([
      { status: "error", error_code: "invalid_input", origin: null },
      { status: "fallback", fallback: "flights@1", origin: "ATL" },
      { status: "ok", redacted: '["origin"]', origin: null, distance: 1 },
    ]);
  });

  test("has a column of its type for every datatype, and lists where a row holds several values", async () => {
    const signature: Signature = {
      inputs: [
        { name: "flag", datatype: "BOOL", shape: [-1], nullable: false },
        { name: "u64", datatype: "UINT64", shape: [-1, 1], nullable: false },
        { name: "i8", datatype: "INT8", shape: [-1], nullable: false },
        { name: "half", datatype: "FP16", shape: [-1], nullable: false },
        { name: "double", datatype: "FP64", shape: [-1], nullable: false },
        { name: "image", datatype: "FP32", shape: [-1, 2, 2], nullable: false },
        { name: "words", datatype: "BYTES", shape: [-1, -1], nullable: false },
        { name: "Status", datatype: "INT32", shape: [-1], nullable: false },
      ],
      outputs: [
        { name: "Flag", datatype: "INT64", shape: [-1], classes: ["a", "b b"] },
        { name: "p", datatype: "FP64", shape: [-1, 1], classes: ["no", "yes"] },
      ],
      packed: null,
      batched: true,
    };
    const inputs: Tensor[] = [
      { name: "flag", datatype: "BOOL", shape: [1], data: Uint8Array.of(1) },
      { name: "u64", datatype: "UINT64", shape: [1, 1], data: BigUint64Array.of(2n ** 64n - 1n) },
      { name: "i8", datatype: "INT8", shape: [1], data: Int8Array.of(-3) },
      { name: "half", datatype: "FP16", shape: [1], data: Uint16Array.of(0x3e00) },
      { name: "double", datatype: "FP64", shape: [1], data: Float64Array.of(Number.NaN) },
      { name: "image", datatype: "FP32", shape: [1, 2, 2], data: Float32Array.of(1, 2, 3, 4) },
      { name: "words", datatype: "BYTES", shape: [1, 2], data: ["a", Buffer.from([0xff])] },
      { name: "Status", datatype: "INT32", shape: [1], data: Int32Array.of(-7) },
    ];
    const outputs: Tensor[] = [
      { name: "Flag", datatype: "INT64", shape: [1], data: BigInt64Array.of(1n) },
      { name: "p", datatype: "FP64", shape: [1, 1], data: Float64Array.of(0.75) },
    ];
    const { append, rows } = await open({ signatures: { "flights@2": signature } });
    await append("flights", { inputs, outputs });
    const [row] = await rows(
      'SELECT flag, u64, i8, half, double, image, words, Status_input, Flag_output, p, p_p_no, p_p_yes, isnan("double") AS nan FROM predictions',
    );
    expect(row).toEqual({
      flag: true,
      u64: "18446744073709551615",
      i8: -3,
      half: 1.5,
      double: null,
      nan: true,
      image: [1, 2, 3, 4],
      words: ["a", "data:;base64,/w=="],
      Status_input: -7,
      Flag_output: "b b",
      p: "yes",
      p_p_no: 0.25,
      p_p_yes: 0.75,
    });
    const described = await rows("DESCRIBE predictions");
    const types = Object.fromEntries(described.map((each) => [each["column_name"], each["column_type"]]));
    expect(types).toMatchObject({
      flag: "BOOLEAN",
      u64: "UBIGINT",
      image: "FLOAT[]",
      words: "VARCHAR[]",
      p_p_no: "DOUBLE",
    });
  });

  test("spreads a matrix over the columns that it stands for", async () => {
    const signature: Signature = {
      inputs: ["a", "b"].map((name) => ({ name, datatype: "FP32" as const, shape: [-1], nullable: true })),
      outputs: [{ name: "y", datatype: "FP32", shape: [-1, 1] }],
      packed: { tensor: "X", datatype: "FP32" },
      batched: true,
    };
    const { append, rows } = await open({ signatures: { "flights@2": signature } });
    await append("flights", {
      rows: 2,
      inputs: [{ name: "X", datatype: "FP32", shape: [2, 2], data: Float32Array.of(1, 2, 3, Number.NaN) }],
      outputs: [{ name: "y", datatype: "FP32", shape: [2, 1], data: Float32Array.of(8, 9) }],
    });
    expect(await rows('SELECT a, b, y FROM predictions ORDER BY "row"')).toEqual([
      { a: 1, b: 2, y: 8 },
      { a: 3, b: null, y: 9 },
    ]);
  });

  test("joins versions of different signatures in one view", async () => {
    const other: Signature = {
      inputs: [
        { name: "origin", datatype: "INT32", shape: [-1], nullable: false },
        { name: "weight", datatype: "FP64", shape: [-1], nullable: false },
      ],
      outputs: [],
      packed: null,
      batched: true,
    };
    const first: Signature = {
      inputs: [{ name: "origin", datatype: "BYTES", shape: [-1], nullable: false }],
      outputs: [],
      packed: null,
      batched: true,
    };
    const { append, rows } = await open({ signatures: { "flights@2": first, "others@2": other } });
    await append("flights", {
      inputs: [{ name: "origin", datatype: "BYTES", shape: [1], data: ["ATL"] }],
      outputs: [],
    });
    // The endpoint serves another model now.
    const { encodeRoute } = await import("@slipway/runtime");
    const route = { instance: "0196f9a3-0000-7000-8000-000000000001", epoch: 2, endpoint: "flights", revision: 5 };
    await append("flights", {
      ...({ route: encodeRoute({ ...route, model: "others", version: 2, digest: null }) } as object),
      inputs: [
        { name: "origin", datatype: "INT32", shape: [1], data: Int32Array.of(7) },
        { name: "weight", datatype: "FP64", shape: [1], data: Float64Array.of(1.5) },
      ],
      outputs: [],
    });
    expect(await rows("SELECT model, origin, weight FROM predictions ORDER BY model")).toEqual([
      { model: "flights", origin: "ATL", weight: null },
      { model: "others", origin: "7", weight: 1.5 },
    ]);
  });

  test("says to which arm a request went, by which rule and how probably", async () => {
    const { append, rows, instance } = await open();
    const sent = (arm: string, rule: string | undefined, propensity: number) =>
      append("flights", {
        ...({ route: flightRoute(instance, { arm, rule, propensity }) } as object),
        user: arm,
        bucket: rule === undefined ? 4711 : undefined,
      });
    await sent("champion", undefined, 0.99);
    await sent("challenger", undefined, 0.01);
    await sent("challenger", "testers", 1);
    await append("flights", { user: "z" });
    const sql = "SELECT arm, rule, propensity, bucket FROM predictions ORDER BY user_name, propensity";
    expect(await rows(sql)).toEqual([
      { arm: "challenger", rule: null, propensity: 0.01, bucket: 4711 },
      { arm: "challenger", rule: "testers", propensity: 1, bucket: null },
      { arm: "champion", rule: null, propensity: 0.99, bucket: 4711 },
      { arm: null, rule: null, propensity: null, bucket: null },
    ]);
  });

  test("keeps what was answered for nobody apart, beside what it repeats", async () => {
    const { append, rows, instance, lake } = await open();
    const inputs = flightInputs(["ATL", "JFK"], [760, 2475]);
    const [, distance] = inputs;
    const late = (...data: number[]): Tensor[] => [
      { name: "late", datatype: "FP32", shape: [2, 2], data: Float32Array.from(data) },
    ];
    const id = await append("flights", { rows: 2, keys: ["a", "b"], inputs, outputs: late(0.25, 0.75, 0.75, 0.25) });
    const route = flightRoute(instance, { version: 3 });
    const shadow = await append("flights", {
      ...({ route } as object),
      face: "shadow",
      shadowOf: { id, row: 0 },
      rows: 2,
      keys: ["a", "b"],
      inputs: [inputs[0]!, distance!],
      outputs: late(0.75, 0.25, 0.75, 0.25),
    });
    expect(await rows("SELECT id FROM predictions")).toEqual([{ id }, { id }]);
    const pairs = `SELECT p.prediction, s.id, s.version, p.late, s.late AS instead FROM shadows s
      JOIN predictions p ON p.id = s.shadow_of AND p."row" = s."row" ORDER BY 1`;
    expect(await rows(pairs)).toEqual([
      { prediction: `${id}/0`, id: shadow, version: 3, late: "yes", instead: "no" },
      { prediction: `${id}/1`, id: shadow, version: 3, late: "no", instead: "no" },
    ]);
    const kinds = (await lake.listFiles({ endpoint: "flights" })).map(
      ({ kind, path }) => `${kind}: ${path.split("/")[0]}`,
    );
    expect(kinds.toSorted()).toEqual(["predictions: flights", "shadows: shadows"]);
    expect(await rows("SELECT * FROM shadows", { endpoint: "others" })).toEqual([]);
  });

  test("reads files of its first layout beside new ones, and joins them as what they are", async () => {
    const { append, rows, lake } = await open();
    for (let i = 0; i < 8; i++) {
      await append("flights", { user: `old ${i}` });
      await lake.flush();
    }
    await toFirstLayout(lake);
    expect(await lake.merge()).toBe(8);
    await append("flights", { user: "new" });
    const sql = "SELECT user_name, arm, shadow_of, arm_input, origin FROM predictions ORDER BY user_name";
    const found = await rows(sql);
    expect(found).toHaveLength(9);
    expect(found.slice(0, 2)).toEqual([
      { user_name: "new", arm: null, shadow_of: null, arm_input: null, origin: "ATL" },
      { user_name: "old 0", arm: null, shadow_of: null, arm_input: "left", origin: "ATL" },
    ]);
  });

  test("takes each record once, over starts, segments and budgets", async () => {
    let lake = await open({ segmentBytes: 3000, budgetBytes: 4000 });
    const ids: string[] = [];
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 30; i++) ids.push(await lake.append("flights"));
      await Promise.all([lake.lake.flush(), lake.lake.flush()]);
      ids.push(await lake.append("flights"));
      lake = await reopen(lake, { segmentBytes: 3000, budgetBytes: 4000 });
    }
    const found = await lake.rows("SELECT id FROM predictions ORDER BY id");
    expect(found.map((row) => row["id"])).toEqual(ids.toSorted());
  });

  test("passes over a damaged record, and counts it", async () => {
    let lake = await open();
    const ids: string[] = [];
    for (let i = 0; i < 20; i++) ids.push(await lake.append("flights"));
    const path = join(lake.data, "log", lake.instance, "00000001.log");
    opened.splice(0);
    await lake.close();
    const bytes = await readFile(path);
    bytes[bytes.indexOf(Buffer.from(ids[7]!.replaceAll("-", ""), "hex")) + 40]! ^= 0xff;
    await writeFile(path, bytes);
    lake = await open({ data: lake.data });
    const found = (await lake.rows("SELECT id FROM predictions ORDER BY id")).map((row) => row["id"]);
    expect(found).toEqual(ids.filter((_, i) => i !== 7).toSorted());
    expect(lake.lake.stats().damaged).toBe(1);
  });

  test("joins small files of a day, and deletes them when no query uses them", async () => {
    const { append, rows, lake, data } = await open();
    const ids: string[] = [];
    const at = (hour: number) => Date.UTC(2026, 1, hour < 12 ? 1 : 2, hour) * 1000;
    for (let i = 0; i < 16; i++) {
      ids.push(await append("flights", { at: at(i % 2 === 0 ? 1 : 13) }));
      await lake.flush();
    }
    expect(await parquetFiles(data)).toHaveLength(16);
    const merged = await lake.withFiles({ endpoint: "flights" }, async () => {
      const went = await lake.merge();
      expect(await parquetFiles(data)).toHaveLength(18);
      return went;
    });
    expect(merged).toBe(16);
    expect(await parquetFiles(data)).toHaveLength(2);
    const files = await lake.listFiles();
    expect(files.map(({ day, rows }) => [day, rows])).toEqual([
      ["2026-02-01", 8],
      ["2026-02-02", 8],
    ]);
    const found = await rows("SELECT id FROM predictions ORDER BY id");
    expect(found.map((row) => row["id"])).toEqual(ids.toSorted());
    expect(await lake.merge()).toBe(0);
  });

  test("removes files that no table names at the start", async () => {
    const lake = await open();
    await lake.append("flights");
    await lake.lake.flush();
    const [name] = await parquetFiles(lake.data);
    const folder = join(lake.data, "lake");
    await writeFile(join(folder, name!.replace(/[^/]+$/, "orphan.parquet")), "x");
    await writeFile(join(folder, "tmp", "half"), "x");
    const again = await reopen(lake);
    expect(await parquetFiles(again.data)).toEqual([name]);
    expect(await readdir(join(folder, "tmp"))).toEqual([]);
  });
}, 60_000);
