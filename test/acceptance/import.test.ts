import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { createClient } from "@slipway/sdk";
import { afterAll, beforeEach, expect, test } from "vitest";
import type { ImportJob } from "../../packages/cli/src/import/import-job.ts";
import { importMlflow } from "../../packages/cli/src/import/import-mlflow.ts";
import { openSource } from "../../packages/cli/src/import/open-source.ts";
import { createReporter, type ImportReport } from "../../packages/cli/src/import/report.ts";
import { track } from "../lib/children.ts";
import { runCli } from "../lib/cli.ts";
import { cleanEnv, findEntry } from "../lib/entry.ts";
import { createOldMlflow, type OldMlflow } from "../lib/old-mlflow.ts";
import { useServer } from "../lib/server.ts";

const server = useServer();
const root = mkdtempSync(join(tmpdir(), "slipway-import-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Each test has experiments and runs of its own, in the one server. */
let count = 0;
let old: OldMlflow;
beforeEach(() => {
  old = createOldMlflow(join(root, String(++count)));
  old.db.exec(`update experiments set name = name || ' ${count}' where experiment_id > 0`);
  return () => old.db.close();
});

/** 32 hex characters that no other test has. */
const id = (n: number) => `${count}${String(n).padStart(3, "0")}`.padStart(32, "a");

async function run(
  from: string,
  options: Partial<ImportJob> = {},
  names: readonly string[] = [],
): Promise<ImportReport> {
  const source = await openSource({ from, login: {}, artifacts: undefined });
  try {
    const job = {
      source,
      target: createClient({ url: server.url }).mlflowImport,
      reporter: createReporter(source.label, options.dryRun ?? false),
      artifacts: "copy" as const,
      dryRun: false,
      full: false,
      signal: new AbortController().signal,
      show: () => undefined,
      tick: () => undefined,
      places: new Map<string, string>(),
    };
    return await importMlflow({ ...job, ...options }, names);
  } finally {
    source.close();
  }
}

/** Every row of every table, as text. */
function dump(): string {
  const db = new DatabaseSync(join(server.data, "slipway.db"), { readOnly: true });
  const names = db.prepare("select name from sqlite_master where type = 'table' order by name").all();
  const text = names.map(({ name }) => {
    const rows = db.prepare(`select * from "${String(name)}"`).all();
    return [name, ...rows.map((row) => JSON.stringify(row)).toSorted()].join("\n");
  });
  db.close();
  return text.join("\n");
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

async function mlflow(path: string, body: object): Promise<Record<string, unknown>> {
  const response = await fetch(`${server.url}/api/2.0/mlflow/${path}`, {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json" },
  });
  return (await response.json()) as Record<string, unknown>;
}

async function get<T>(path: string): Promise<T> {
  return (await (await fetch(`${server.url}/api/2.0/mlflow/${path}`)).json()) as T;
}

interface RunAnswer {
  readonly run: {
    readonly info: Readonly<Record<string, unknown>>;
    readonly data: { readonly metrics: readonly object[]; readonly params: readonly object[] };
  };
}

const getRun = async (n: number) => (await get<RunAnswer>(`runs/get?run_id=${id(n)}`)).run;

test("runs come with ids, times, points and files; the second import changes no byte", async () => {
  old.addRun(id(1), { points: 4500, artifacts: { "a.txt": "hello", "sub/ü b.bin": "x".repeat(70_000) } });
  old.addRun(id(2), { experiment: 2 });
  old.db.exec(
    `insert into metrics values ('odd', 0, 5, '${id(1)}', 1, 1), ('odd', 1.7976931348623157e308, 6, '${id(1)}', 2, 0)`,
  );
  const first = await run(old.path);
  expect(first).toMatchObject({
    experiments: { created: 2, same: 1 },
    runs: { created: 2 },
    points: 4505,
    artifacts: { copied: 2, bytes: 70_005 },
    differences: [],
    problems: [],
    left_out: [expect.objectContaining({ what: "traces", count: 2 })],
  });
  const { info, data } = await getRun(1);
  expect(info).toMatchObject({
    run_name: `run ${id(1)}`,
    user_id: "ada",
    status: "FINISHED",
    end_time: 1_700_000_001_000,
  });
  expect(data.metrics).toContainEqual({ key: "loss", value: 1 / 4500, timestamp: 1_700_000_004_499, step: 4499 });
  const file = await fetch(
    `${server.url}/api/2.0/mlflow-artifacts/artifacts/${String(info["artifact_uri"]).replace("mlflow-artifacts:/", "")}/a.txt`,
  );
  expect(await file.text()).toBe("hello");
  expect((await getRun(2)).info).toMatchObject({ lifecycle_stage: "deleted" });
  const before = dump();
  expect(await run(old.path)).toMatchObject({ runs: { same: 2 }, points: 0, artifacts: { copied: 0 } });
  expect(dump()).toBe(before);
  // Compared anew, everything is the same as well.
  expect(await run(old.path, { full: true })).toMatchObject({ runs: { same: 2, changed: 0 }, artifacts: { same: 2 } });
  expect(dump()).toBe(before);
});

test("an import goes on while the old server does, and takes only what is new", async () => {
  old.addRun(id(1), { points: 10, status: "RUNNING", artifacts: { "model.bin": "one" } });
  old.addRun(id(2), { points: 10 });
  await run(old.path);
  old.addPoints(id(1), 10, 5);
  old.addRun(id(3), { points: 7 });
  old.db.exec(`insert into tags values ('note', 'new', '${id(1)}')`);
  // Of the same size: only its bytes tell.
  writeFileSync(join(old.folder, "mlruns/1", id(1), "artifacts/model.bin"), "two");
  const second = await run(old.path);
  expect(second).toMatchObject({ runs: { created: 1, changed: 1, same: 1 }, points: 22, artifacts: { copied: 1 } });
  expect((await getRun(1)).data.metrics).toEqual([expect.objectContaining({ step: 14 })]);
});

test("what was done here is not undone: a param, an alias that was moved, a deleted run", async () => {
  const model = `churn model ${count}`;
  old.addRun(id(1), { artifacts: { "model/MLmodel": "flavors: {}\n" } });
  const place = join(old.folder, "mlruns/1", id(1), "artifacts/model");
  old.db.exec(`insert into registered_models values ('${model}', 10, 20, 'who leaves', 'default')`);
  const version = (number: number, stage: string) =>
    `insert into model_versions values ('${model}', ${number}, ${number}00, ${number}01, 'v${number}', 'ada', '${stage}', '${place}', '${id(1)}', 'READY', null, '${place}', 'default')`;
  for (const number of [1, 2, 4]) old.db.exec(version(number, number === 1 ? "Production" : "None"));
  old.db.exec(version(7, "Deleted_Internal"));
  old.db.exec(
    `insert into registered_model_aliases values ('champion', 1, '${model}', 'default'), ('Best', 2, '${model}', 'default')`,
  );
  expect(await run(old.path)).toMatchObject({ models: { created: 1 }, versions: { created: 3 }, differences: [] });
  const client = createClient({ url: server.url });
  const found = await client.versions.get(model, 1);
  expect(found).toMatchObject({ version: 1, state: "registered" });
  const uri = await get<{ artifact_uri: string }>(
    `model-versions/get-download-uri?${new URLSearchParams({ name: model, version: "4" }).toString()}`,
  );
  expect(uri.artifact_uri).toMatch(new RegExp(`^mlflow-artifacts:/\\d+/${id(1)}/artifacts/model$`));
  // The number of the deleted version is taken there, so it is not given here.
  const created = await mlflow("model-versions/create", { name: model, source: `runs:/${id(1)}/model`, run_id: id(1) });
  expect(created).toMatchObject({ model_version: { version: "8" } });
  await client.aliases.set(model, "champion", { version: 2 });
  await mlflow("runs/delete", { run_id: id(1) });
  old.db.exec(`update registered_model_aliases set version = 4 where name = '${model}'`);
  const second = await run(old.path);
  expect(second.differences).toEqual([
    { kind: "models", id: model, text: "the alias champion points at version 2 here, at 4 there" },
  ]);
  expect(await client.models.get(model)).toMatchObject({ aliases: { champion: 2, Best: 4 } });
  expect((await getRun(1)).info).toMatchObject({ lifecycle_stage: "deleted" });
  old.db.exec(`insert into params values ('depth', '9', 'unknown'); update params set value = '4' where key = 'depth'`);
  const third = await run(old.path);
  expect(third.differences).toEqual([{ kind: "runs", id: id(1), text: 'param depth: here "3", there "4"' }]);
});

test("files of other stores stay there and are told; links do not lead out of the artifacts", async () => {
  old.addRun(id(1), { uri: "s3://key:secret@bucket/1/artifacts" });
  old.addRun(id(2), { artifacts: { "a.txt": "mine" } });
  old.addRun(id(3), { uri: join(root, "elsewhere") });
  mkdirSync(join(root, "elsewhere"), { recursive: true });
  writeFileSync(join(root, "elsewhere", "secret"), "not yours");
  symlinkSync(join(root, "elsewhere", "secret"), join(old.folder, "mlruns/1", id(2), "artifacts/link"));
  const report = await run(old.path);
  expect(report).toMatchObject({ artifacts: { copied: 1, left: 2 }, problems: [] });
  const whys = report.left_out.map(({ why }) => why);
  expect(whys).toContain("in s3://bucket");
  expect(whys).toContain(`not an ordinary place of artifacts: ${join(root, "elsewhere")}`);
  expect((await getRun(1)).info).toMatchObject({ artifact_uri: "s3://key:secret@bucket/1/artifacts" });
  const left = await run(old.path, { artifacts: "leave", full: true });
  expect(left.artifacts).toMatchObject({ copied: 0, left: 0 });
});

test("a dry run counts and changes nothing", async () => {
  old.addRun(id(1), { artifacts: { "a.txt": "hello" } });
  const before = dump();
  const report = await run(old.path, { dryRun: true });
  expect(report).toMatchObject({ dry_run: true, experiments: { created: 2, same: 1 }, runs: { created: 1 } });
  expect(report.artifacts).toMatchObject({ copied: 1, bytes: 5 });
  expect(dump()).toBe(before);
});

test("the database of MLflow 1 has fewer columns", async () => {
  const ancient = createOldMlflow(join(root, `ancient-${count}`), { old: true });
  ancient.db.exec(`update experiments set name = name || ' ancient'`);
  ancient.addRun(id(9), { points: 4 });
  ancient.db.close();
  expect(await run(ancient.path)).toMatchObject({ runs: { created: 1 }, points: 4, problems: [] });
  expect((await getRun(9)).data.metrics).toEqual([{ key: "loss", value: 0.25, timestamp: 1_700_000_000_003, step: 0 }]);
});

test("a server is read page by page to the end; a Slipway is one, and in itself finds all that it has", async () => {
  old.addRun(id(1), { points: 26_000, artifacts: { "a.txt": "hello", "b/c.txt": "you" } });
  await run(old.path);
  const source = await openSource({ from: server.url, login: {}, artifacts: undefined });
  const there = (await source.experiments()).find(({ name }) => name === `churn ${count}`)!;
  const pages = await all(source.runPages(there.id));
  const pieces = await all(source.points(pages.flat()[0]!, "loss"));
  expect(pieces.map(({ length }) => length)).toEqual([25_000, 1000]);
  const before = dump();
  const report = await run(server.url, { dryRun: true }, [`churn ${count}`]);
  expect(report).toMatchObject({
    experiments: { same: 1 },
    runs: { changed: 1, created: 0 },
    artifacts: { copied: 2 },
  });
  expect(dump()).toBe(before);
  await expect(run(server.url, {}, ["unheard of"])).rejects.toThrow(/has no experiment "unheard of"/);
});

test("killed in the middle, the same command goes on; nothing is lost and nothing doubled", async () => {
  for (let n = 1; n <= 12; n++) old.addRun(id(n), { points: 1500, artifacts: { "a.txt": `run ${n}` } });
  const args = ["import", "mlflow", "--from", old.path];
  const child = track(
    spawn(process.execPath, [findEntry("source"), ...args], {
      env: cleanEnv({ SLIPWAY_URL: server.url }),
      stdio: "ignore",
    }),
  );
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const db = new DatabaseSync(join(server.data, "slipway.db"), { readOnly: true });
  const mine = `%a${count}0__`;
  const points = db.prepare(
    "select count(*) as n from metrics m join latest_metrics l on l.n = m.series_n join runs r on r.n = l.run_n where r.id like ?",
  );
  while (points.get(mine)?.["n"] === 0 && child.exitCode === null)
    await new Promise((resolve) => setTimeout(resolve, 5));
  child.kill("SIGKILL");
  await ended;
  expect(points.get(mine)?.["n"]).toBeLessThan(12 * 1500);
  const { code, stdout, stderr } = await runCli([...args, "-o", "json", "--quiet"], { url: server.url });
  expect([code, stderr]).toEqual([0, ""]);
  const report = JSON.parse(stdout) as ImportReport;
  expect(report.runs.created + report.runs.same + report.runs.changed).toBe(12);
  expect(points.get(mine)?.["n"]).toBe(12 * 1500);
  expect(await run(old.path)).toMatchObject({ runs: { same: 12 }, points: 0 });
  db.close();
});

test("a source that is none is refused by name", async () => {
  const file = join(root, "notes.txt");
  writeFileSync(file, "no database");
  await expect(run(file)).rejects.toMatchObject({ code: "invalid_file" });
  await expect(run(join(root, "gone"))).rejects.toThrow("no file or folder");
  await expect(run("postgresql://user:secret@db/mlflow")).rejects.toThrow(/address of its MLflow server/);
  await expect(run(root)).rejects.toMatchObject({ code: "invalid_file" });
});
