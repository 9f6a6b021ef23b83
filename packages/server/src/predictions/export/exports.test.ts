import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { systemClock as clock } from "../../kernel/clock.ts";
import { createId } from "../../kernel/ids.ts";
import { silentLogger as logger } from "../../kernel/logger.ts";
import { migrate, openSqlite, type Sql } from "../../platform/sql/index.ts";
import type { LakeFile } from "../lake/lake-file.ts";
import type { LakeWriter } from "../lake/prediction-lake.ts";
import type { LakeTables } from "../lake/store.ts";
import { createExports } from "./exports.ts";
import { exportMigrations } from "./migrations.ts";

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function makeFolder() {
  const folder = await mkdtemp(join(tmpdir(), "slipway-"));
  await mkdir(join(folder, "lake"));
  const sql = await openSqlite({ path: join(folder, "slipway.db") });
  await migrate(sql, exportMigrations, clock);
  ends.push(() => sql.close());
  return { folder, sql };
}

/** Exports of a start of the server, and a flush of its lake. */
async function open({ folder, sql }: { folder: string; sql: Sql }, target: string | null = join(folder, "out")) {
  let flushed: () => Promise<void> = () => Promise.resolve();
  const writer = {} as LakeWriter;
  const exports = createExports({
    target,
    queueFolder: join(folder, "export"),
    lakeFolder: join(folder, "lake"),
    sql,
    clock,
    logger,
    retryMs: 20,
  });
  await exports.start({
    onFlush: (_name, hook) => (flushed = () => hook(writer)),
    exclusive: (fn) => fn(writer),
  });
  ends.push(() => exports.close());
  return { exports, flush: () => flushed() };
}

async function compact(
  { folder, sql }: { folder: string; sql: Sql },
  exports: ReturnType<typeof createExports>,
  text: string,
  kind = "predictions",
) {
  const id = createId();
  const file = { id, kind, endpoint: "flights", day: "2026-11-22", path: `${id}.parquet` } as unknown as LakeFile;
  await writeFile(join(folder, "lake", file.path), text);
  await sql.as<LakeTables>().tx((trx) => exports.record(trx, [file]));
  return { id, remove: () => rm(join(folder, "lake", file.path)) };
}

async function exported(folder: string): Promise<string[]> {
  const at = join(folder, "out", "endpoint=flights", "day=2026-11-22");
  const files: string[] = (await readdir(at).catch(() => [])).sort((a, b) => (a < b ? -1 : 1));
  return Promise.all(files.map(async (file) => `${file} ${await readFile(join(at, file), "utf8")}`));
}

test("each new file is copied once, though the lake does without it meanwhile", async () => {
  const test = await makeFolder();
  const { exports, flush } = await open(test);
  const first = await compact(test, exports, "one");
  const second = await compact(test, exports, "two");
  await flush();
  await first.remove();
  await second.remove();
  await vi.waitFor(async () =>
    expect(await exported(test.folder)).toEqual([`${first.id}.parquet one`, `${second.id}.parquet two`]),
  );
  await vi.waitFor(async () => expect(await readdir(join(test.folder, "export"))).toEqual([]));
  // Whoever took it away does not get it again.
  await rm(join(test.folder, "out"), { recursive: true });
  await flush();
  await exports.close();
  expect(await exported(test.folder)).toEqual([]);
  expect(exports.stats()).toEqual({ files: 2, waiting: 0, failures: 0 });
});

test("what was answered for nobody is copied to where no reader of a folder of predictions meets it", async () => {
  const test = await makeFolder();
  const { exports, flush } = await open(test);
  const { id } = await compact(test, exports, "shadow", "shadows");
  await flush();
  const file = join(test.folder, "out", "_shadows", "endpoint=flights", "day=2026-11-22", `${id}.parquet`);
  await vi.waitFor(async () => expect(await readFile(file, "utf8")).toBe("shadow"));
  expect(await exported(test.folder)).toEqual([]);
});

test("a folder that cannot be written holds up nobody and is tried again", async () => {
  const test = await makeFolder();
  await writeFile(join(test.folder, "out"), "a file where the folder should be");
  const { exports, flush } = await open(test);
  const { id } = await compact(test, exports, "one");
  await flush();
  await vi.waitFor(() => expect(exports.stats().failures).toBeGreaterThan(1));
  expect(exports.stats().waiting).toBe(1);
  await rm(join(test.folder, "out"));
  await vi.waitFor(async () => expect(await exported(test.folder)).toEqual([`${id}.parquet one`]));
});

test("what was listed and not copied when the server died is copied after the next start", async () => {
  const test = await makeFolder();
  const dead = await open(test);
  const unstaged = await compact(test, dead.exports, "not even linked");
  await dead.exports.close();
  await writeFile(join(test.folder, "export", `${createId()}.parquet`), "copied already");
  await open(test);
  await unstaged.remove();
  await vi.waitFor(async () => expect(await exported(test.folder)).toEqual([`${unstaged.id}.parquet not even linked`]));
  await vi.waitFor(async () => expect(await readdir(join(test.folder, "export"))).toEqual([]));
});

test("without a folder nothing is kept for it", async () => {
  const test = await makeFolder();
  const { exports } = await open(test);
  await compact(test, exports, "one");
  await exports.close();
  const off = await open(test, null);
  await compact(test, off.exports, "two");
  await open(test);
  expect(await exported(test.folder)).toEqual([]);
});
