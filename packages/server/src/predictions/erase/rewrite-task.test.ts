import { randomUUIDv7 } from "node:crypto";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { systemClock } from "../../kernel/clock.ts";
import { silentLogger } from "../../kernel/logger.ts";
import { createLake, quoteText } from "../../platform/lake/index.ts";
import type { LabelsInput, PredictionsInput, RewriteResult } from "./rewrite-task.ts";

const lake = createLake({ memoryBytes: 2 ** 29, threads: 1, idleMs: 60_000, clock: systemClock, logger: silentLogger });
afterAll(() => lake.close());

const sql = <T>(input: { files?: Record<string, string>; query?: string }) =>
  lake.run<T>({ module: new URL("./testing/sql-task.ts", import.meta.url), input });
const rewrite = (input: LabelsInput | PredictionsInput) =>
  lake.run<RewriteResult>({ module: new URL("./rewrite-task.ts", import.meta.url), input });

const ids = Array.from({ length: 4 }, () => randomUUIDv7()).sort();
const [ann, ben, cho, dee] = ids as [string, string, string, string];

const values = (rows: readonly (readonly (string | number | null)[])[]) =>
  rows
    .map((row) => `(${row.map((value) => (typeof value === "string" ? quoteText(value) : String(value))).join(", ")})`)
    .join(", ");

const predictions = (rows: readonly (readonly (string | number | null)[])[]) =>
  `select id::uuid as id, "row"::uinteger as "row", "key"::varchar as "key", make_timestamp("at" * 1000) as predicted_at, amount::float as amount
   from (values ${values(rows)}) t(id, "row", "key", "at", amount)`;
const labels = (rows: readonly (readonly (string | number | null)[])[]) =>
  `select prediction::uuid as prediction, "row"::bigint as "row", "key"::varchar as "key", make_timestamp("at" * 1000) as received_at, value::varchar as value
   from (values ${values(rows)}) t(prediction, "row", "key", "at", value)`;

async function open(gone: readonly (readonly [string, number])[], widened = "") {
  const folder = await mkdtemp(join(tmpdir(), "slipway-"));
  const place = (name: string) => join(folder, name);
  const rows = `select id::uuid as id, "row"::bigint as "row" from (values ${values(gone)}) t(id, "row")`;
  await sql({ files: { [place("rows.parquet")]: rows } });
  await writeFile(place("widened.csv"), widened);
  const files = (...names: string[]) =>
    names.map((name) => ({ id: name, path: place(`${name}.parquet`), tempPath: place(`${name}.new.parquet`) }));
  return { place, files, rowsPath: place("rows.parquet"), widenedPath: place("widened.csv") };
}

test("files lose the rows that go and keep the order of the others; those without any stay as they are", async () => {
  const { place, files, rowsPath, widenedPath } = await open(
    [
      [ann, 0],
      [ben, 1],
    ],
    `${cho},0\n`,
  );
  await sql({
    files: {
      [place("mixed.parquet")]: predictions([
        [ben, 1, "ben", 30, 1],
        [ben, 0, "dee", 10, 2],
        [ben, 2, "ben", 20, 3],
      ]),
      [place("all.parquet")]: predictions([
        [ann, 0, "ann", 1, 1],
        [cho, 0, "cho", 2, 1],
      ]),
      [place("none.parquet")]: predictions([[dee, 1, null, 1, 1]]),
    },
  });
  const result = await rewrite({
    kind: "predictions",
    files: files("mixed", "all", "none"),
    shadows: [],
    rowsPath,
    widenedPath,
  });
  expect(result).toEqual({
    waiting: [],
    files: [
      { id: "mixed", removed: 1, written: { rows: 2, bytes: expect.any(Number), minAt: 10, maxAt: 20 } },
      { id: "all", removed: 2, written: null },
    ],
  });
  const left = await sql({ query: `select "row", "key", amount from ${quoteText(place("mixed.new.parquet"))}` });
  expect(left).toEqual([
    { row: 0, key: "dee", amount: 2 },
    { row: 2, key: "ben", amount: 3 },
  ]);
  expect((await readFile(place("mixed.new.parquet"))).includes(ben.slice(0, 8))).toBe(false);
});

test("labels go by their prediction, and by keys of which no prediction is left", async () => {
  const { place, files, rowsPath, widenedPath } = await open([
    [ann, 0],
    [ben, 1],
  ]);
  await sql({
    files: {
      [place("p.parquet")]: predictions([
        [ann, 0, "only ann", 1, 1],
        [ben, 0, "shared", 1, 1],
        [ben, 1, "shared", 1, 1],
      ]),
      [place("l.parquet")]: labels([
        [ann, null, null, 1, "of ann"],
        [ben, 1, null, 2, "of row 1"],
        [ben, 0, null, 3, "of row 0"],
        [null, null, "only ann", 4, "by key"],
        [null, null, "shared", 5, "by a key that is left"],
        [null, null, "nobody", 6, "by a key that is not there"],
      ]),
    },
  });
  const waiting = [
    { id: "1", prediction: ann, row: null, key: null },
    { id: "2", prediction: null, row: null, key: "only ann" },
    { id: "3", prediction: null, row: null, key: "shared" },
    { id: "4", prediction: ben, row: 0, key: null },
    { id: "5", prediction: ben, row: 1, key: null },
  ];
  const result = await rewrite({
    kind: "labels",
    files: files("l"),
    predictions: [place("p.parquet")],
    waiting,
    rowsPath,
    widenedPath,
  });
  expect(result.waiting.toSorted()).toEqual(["1", "2", "5"]);
  expect(result.files).toMatchObject([{ id: "l", removed: 3, written: { rows: 3, minAt: 3, maxAt: 6 } }]);
  expect(await sql({ query: `select value from ${quoteText(place("l.new.parquet"))}` })).toEqual([
    { value: "of row 0" },
    { value: "by a key that is left" },
    { value: "by a key that is not there" },
  ]);
});
