import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SlipwayError } from "@slipway/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../kernel/clock.ts";
import { createId } from "../../kernel/ids.ts";
import { silentLogger } from "../../kernel/logger.ts";
import { createLake } from "../../platform/lake/index.ts";
import type { Label } from "./label.ts";
import { createIdPrefix, createLabelId, toTask } from "./label-lake.ts";
import { labelViews } from "./label-sql.ts";
import type {
  ImportInput,
  ImportOutput,
  LabelTask,
  LakePaths,
  ListedLabel,
  LookOutput,
  SummaryOutput,
} from "./label-tasks.ts";
import { predictionsView } from "./predictions-view.ts";

const folder = mkdtempSync(join(tmpdir(), "slipway-labels-"));
const lake = createLake({ memoryBytes: 2 ** 29, threads: 1, idleMs: 60_000, clock: systemClock, logger: silentLogger });
afterAll(async () => {
  await lake.close();
  rmSync(folder, { recursive: true });
});

const testTask = new URL("./testing/lake-files.ts", import.meta.url);
const run = <T>(task: LabelTask) => lake.run<T>(toTask(task));

let files = 0;
const place = (ending = "parquet") => join(folder, `${files++}.${ending}`);

/** Rows as the lake keeps predictions. */
interface Row {
  readonly id: string;
  readonly row?: number;
  readonly key?: string;
  readonly at?: number;
  readonly status?: string;
}

async function writePredictions(rows: readonly Row[]): Promise<string> {
  const path = place();
  const values = rows.map(({ id, row = 0, key, at = 0, status = "ok" }) => {
    const text = key === undefined ? "null" : `'${key}'`;
    return `('${id}'::uuid, ${row}::uinteger, ${text}, make_timestamp(${at}), '${status}')`;
  });
  const sql = `select * from (values ${values.join(", ")}) as t(id, "row", "key", predicted_at, status)`;
  await lake.run({ module: testTask, input: { sql, path } });
  return path;
}

/** What a user sees: id, row and value of the labels that count, sorted. */
async function query(paths: LakePaths, sql: string): Promise<readonly Record<string, unknown>[]> {
  const before = `${predictionsView(paths.predictions)}; ${labelViews(paths.labels)}`;
  return lake.run({ module: testTask, input: { sql, before } });
}

const counting = (paths: LakePaths) =>
  query(paths, `select id::varchar as id, "row", value from labels join predictions using (id, "row") order by all`);

let clock = Date.parse("2026-11-22T10:00:00Z");

async function importText(
  paths: LakePaths,
  text: string,
  options: Partial<Omit<ImportInput, "origin">> & { format?: "csv" | "jsonl" } = {},
): Promise<ImportOutput & { readonly path: string }> {
  const { format = "csv", ...rest } = options;
  const from = place(format);
  writeFileSync(from, text);
  const input: ImportInput = {
    kind: "import",
    paths,
    origin: { kind: "file", path: from, format },
    columns: {},
    source: "test",
    ambiguous: "none",
    skipBad: false,
    receivedAt: (clock += 1000),
    idPrefix: createIdPrefix(clock),
    path: place(),
    ...rest,
  };
  return { ...(await run<ImportOutput>(input)), path: input.path };
}

async function failure(work: Promise<unknown>): Promise<SlipwayError> {
  const error: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (SlipwayError.is(error)) return error;
  throw new Error("It did not fail as it should.", { cause: error });
}

describe("labels in files", () => {
  // In the order of time.
  const [one, many, other] = Array.from({ length: 3 }, () => String(createId())).toSorted() as [string, string, string];
  let predictions: readonly string[] = [];
  beforeAll(async () => {
    predictions = [
      await writePredictions([
        { id: one, key: "AA 1", at: 1 },
        { id: many, row: 0, key: "AA 2", at: 2 },
        { id: many, row: 1, key: "twice", at: 2 },
      ]),
      await writePredictions([
        { id: other, key: "twice", at: 3 },
        { id: createId(), key: "AA 1", at: 4, status: "error" },
      ]),
    ];
  });

  test("are attached by id, by row and by key; the rest is told apart", async () => {
    const text = [
      "prediction,row,key,value,observed_at",
      `${one},,,1,2026-11-22T09:00:00Z`,
      `${many},1,,late,2026-11-22T09:00:00+01:00`,
      `${many}/0,,,0.5,`,
      `${many},,,7,`,
      `,,AA 1,2,1767225600000`,
      `,,twice,3,`,
      `,,nobody,4,`,
      `${createId()},,,5,`,
    ].join("\n");
    const paths = { predictions, labels: [] };
    const output = await importText(paths, `${text}\n`);
    expect(output).toMatchObject({ rows: 8, stored: 8, duplicates: 0, skipped: 0 });
    expect(output).toMatchObject({
      matched: 4,
      ambiguous: 2,
      unknown: 2,
      watermark: Date.parse("2026-11-22T09:00:00Z"),
    });
    const after = { predictions, labels: [output.path] };
    expect(await counting(after)).toEqual(
      [
        // The label by key is later in the file than the one by id.
        { id: one, row: 0, value: "2" },
        { id: many, row: 0, value: "0.5" },
        { id: many, row: 1, value: "late" },
      ].toSorted((a, b) => (a.id === b.id ? a.row - b.row : a.id < b.id ? -1 : 1)),
    );
    const shown = await query(
      after,
      `select id::varchar as id, prediction, number, observed_at from labels where id = '${many}'::uuid order by "row"`,
    );
    expect(shown).toMatchObject([
      { prediction: `${many}/0`, number: 0.5 },
      { prediction: `${many}/1`, number: null, observed_at: "2026-11-22T08:00:00.000Z" },
    ]);
    expect(await query(after, "select count(*) as n from label_events")).toEqual([{ n: 8 }]);
    expect(await run<SummaryOutput>({ kind: "summary", paths: after })).toEqual({
      labels: 8,
      labelled: 3,
      unknown: 2,
      ambiguous: 2,
      corrected: 1,
      latestObservedAt: clock,
    });
    const found = await run<ListedLabel>({ kind: "find", paths: after, prediction: one, row: 0 });
    expect(found).toMatchObject({ value: "2", number: 2, source: "test", observedAt: 1767225600000 });
    expect(await run({ kind: "find", paths: after, prediction: other, row: 0 })).toBeNull();
  });

  test("are matched when their prediction comes, and again when a second one makes the key ambiguous", async () => {
    const { path } = await importText({ predictions: [], labels: [] }, "key,value\ncome,1\n");
    expect(await counting({ predictions: [], labels: [path] })).toEqual([]);
    const [first, second] = [createId(), createId()];
    const came = await writePredictions([{ id: first, key: "come" }]);
    expect(await counting({ predictions: [came], labels: [path] })).toMatchObject([{ id: first, value: "1" }]);
    const again = await writePredictions([{ id: second, key: "come", at: 9 }]);
    expect(await counting({ predictions: [came, again], labels: [path] })).toEqual([]);
  });

  test("by an ambiguous key go to none, the newest or all, as was asked", async () => {
    const to = async (ambiguous: "none" | "latest" | "all") => {
      const output = await importText({ predictions, labels: [] }, "key,value\ntwice,1\n", { ambiguous });
      const attached = await counting({ predictions, labels: [output.path] });
      return { matched: output.matched, ambiguous: output.ambiguous, ids: attached.map((label) => label["id"]) };
    };
    expect(await to("none")).toEqual({ matched: 0, ambiguous: 1, ids: [] });
    expect(await to("latest")).toEqual({ matched: 1, ambiguous: 0, ids: [other] });
    expect(await to("all")).toEqual({ matched: 1, ambiguous: 0, ids: [many, other].toSorted() });
  });

  test("that were said already add nothing, with and without times", async () => {
    const text = `prediction,value,observed_at\n${one},1,2026-11-20\n${one},2,2026-11-21\n${one},1,2026-11-20\n`;
    const first = await importText({ predictions, labels: [] }, text);
    expect(first).toMatchObject({ rows: 3, stored: 2, duplicates: 1, matched: 3 });
    const again = await importText({ predictions, labels: [first.path] }, text);
    expect(again).toMatchObject({ rows: 3, stored: 0, duplicates: 3, file: null });
    // Without a time, the last row of a prediction speaks, and only where it changes what counts.
    const untimed = await importText({ predictions, labels: [first.path] }, `prediction,value\n${one},8\n${one},2\n`);
    expect(untimed).toMatchObject({ stored: 0, duplicates: 2 });
    const changed = await importText({ predictions, labels: [first.path] }, `prediction,value\n${one},2\n${one},1\n`);
    expect(changed).toMatchObject({ stored: 1, duplicates: 1 });
    const labels = [first.path, changed.path];
    expect(await counting({ predictions, labels })).toEqual([{ id: one, row: 0, value: "1" }]);
    const back = await importText({ predictions, labels }, `prediction,value\n${one},2\n`);
    expect(back).toMatchObject({ stored: 1 });
    expect(await counting({ predictions, labels: [...labels, back.path] })).toMatchObject([{ value: "2" }]);
  });

  test("wrong rows refuse the whole file with their lines, or are left out", async () => {
    const text = [
      "prediction,key,value,observed_at",
      `${one},,1,`,
      `${one},AA 1,1,`,
      ",,1,",
      `${one.slice(1)},,1,`,
      `${one}/x,,1,`,
      `${one},,,`,
      `${one},,1,soon`,
      `${many}/1,,9,`,
    ].join("\n");
    const error = await failure(importText({ predictions, labels: [] }, text));
    expect(error.code).toBe("invalid_file");
    expect(error.message).toMatch(/^6 rows are wrong, so nothing was imported\. line 3: it names both.*--skip-bad/);
    expect(error.details["problems"]).toEqual([
      { line: 3, message: "it names both a prediction and a key: give one of them" },
      { line: 4, message: "it names neither a prediction nor a key" },
      { line: 5, message: `"${one.slice(1)}" is not the id of a prediction: ID, or ID/ROW` },
      { line: 6, message: `"${one}/x" is not the id of a prediction: ID, or ID/ROW` },
      { line: 7, message: "it has no value" },
      { line: 8, message: '"soon" is not a time such as 2026-11-22T10:15:30Z' },
    ]);
    const output = await importText({ predictions, labels: [] }, text, { skipBad: true });
    expect(output).toMatchObject({ rows: 8, stored: 2, skipped: 6, matched: 2 });
    expect(output.problems).toHaveLength(6);
  });

  test("of a CSV that is no table, of other columns, of JSON Lines", async () => {
    const broken = await failure(importText({ predictions, labels: [] }, "key,value\na,1\nb,2,3,4\nc,3\n"));
    expect(broken.message).toMatch(/^1 row is wrong, so nothing was imported\. line 3: /);
    const unnamed = await failure(importText({ predictions, labels: [] }, "flight,late\nAA 1,1\n"));
    expect(unnamed.message).toMatch(/There is no column "value".*there are: flight, late/);
    const columns = { key: "flight", value: "late" };
    expect(await importText({ predictions, labels: [] }, "flight,late\nAA 1,true\n", { columns })).toMatchObject({
      matched: 1,
    });
    const wrong = await failure(importText({ predictions, labels: [] }, "key,value\na,1\n", { columns }));
    expect(wrong.message).toMatch(/There is no column "flight"; there are: key, value/);
    const lines = `{"key": "AA 1", "value": 1}\n{"prediction": "${many}/1", "value": true, "source": "gate"}\n`;
    const output = await importText({ predictions, labels: [] }, lines, { format: "jsonl" });
    expect(output).toMatchObject({ stored: 2, matched: 2 });
    const listed = await run<ListedLabel[]>({
      kind: "list",
      files: [output.path],
      limit: 10,
      since: null,
      prediction: null,
      row: null,
      key: null,
      after: null,
    });
    expect(
      listed.map(({ key, prediction, value, number, source }) => [key, prediction, value, number, source]),
    ).toEqual([
      [null, `${many}/1`, "true", null, "gate"],
      ["AA 1", null, "1", 1, "test"],
    ]);
    const nonsense = await failure(importText({ predictions, labels: [] }, "not json\n", { format: "jsonl" }));
    expect(nonsense.code).toBe("invalid_file");
  });

  test("of Parquet: numbers are written as in a request", async () => {
    const path = place();
    const sql =
      "select 'AA ' || i as key, i::double as value, timestamp '2026-11-22 08:00:00' as observed_at from range(1, 3) t(i)";
    await lake.run({ module: testTask, input: { sql, path } });
    const origin = { kind: "file", path, format: "parquet" } as const;
    const output = await importText({ predictions, labels: [] }, "", { ...({ origin } as object) });
    expect(output).toMatchObject({ stored: 2, matched: 2, watermark: Date.parse("2026-11-22T08:00:00Z") });
    expect(
      (await counting({ predictions, labels: [output.path] }))
        .map((label) => String(label["value"]))
        .toSorted((a, b) => Number(a) - Number(b)),
    ).toEqual(["1", "2"]);
  });

  test("that were posted are kept once, with small files joined", async () => {
    const posted = (value: string, more: Partial<Label> = {}): Label => ({
      id: createLabelId(clock + 1000),
      endpoint: "a",
      prediction: one,
      row: null,
      key: null,
      value,
      number: null,
      observedAt: (clock += 1000),
      timed: false,
      receivedAt: clock,
      source: "test",
      ambiguous: "none",
      ...more,
    });
    const [first, second, third] = [place(), place(), place()];
    const keep = (labels: readonly Label[], on: readonly string[], merge: readonly string[], path: string) =>
      run<{ rows: number } | null>({ kind: "keep", labels, files: on, merge, path });
    const timed = posted("1", { timed: true });
    expect(await keep([timed, posted("2")], [], [], first)).toMatchObject({ rows: 2 });
    expect(await keep([{ ...timed, id: createLabelId(clock) }], [first], [], second)).toBeNull();
    expect(await keep([posted("2")], [first], [], second)).toBeNull();
    expect(await keep([posted("3"), posted("2")], [first], [first], third)).toMatchObject({ rows: 4 });
    expect(await counting({ predictions, labels: [third] })).toMatchObject([{ value: "2" }]);
  });

  test("are looked up for a request: what is known, and how many predictions each names", async () => {
    const { path } = await importText({ predictions, labels: [] }, `prediction,value\n${one},1\n`);
    const names = [
      { prediction: one, row: null, key: null },
      { prediction: many, row: null, key: null },
      { prediction: many, row: 1, key: null },
      { prediction: null, row: null, key: "twice" },
      { prediction: null, row: null, key: "it's nobody" },
    ];
    const found = await run<LookOutput>({ kind: "look", paths: { predictions, labels: [path] }, labels: names });
    expect(found.counts).toEqual([1, 2, 1, 2, 0]);
    expect(found.known).toMatchObject([{ target: `p:${one}`, value: "1", source: "test" }]);
    const nothing = await run<LookOutput>({ kind: "look", paths: { predictions: [], labels: [] }, labels: names });
    expect(nothing).toEqual({ known: [], counts: [0, 0, 0, 0, 0] });
  });
});
