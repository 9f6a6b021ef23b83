import { createHash, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import fc from "fast-check";
import { pack } from "tar-stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../kernel/clock.ts";
import { silentLogger } from "../../kernel/logger.ts";
import { createMaintenance } from "../../kernel/maintenance.ts";
import { toManifest } from "../archive/sealed-entry.ts";
import { migrate, openDataFolder, openSqlite, type Sql } from "../sql/index.ts";
import { createBackups, readBackup, restoreBackup, type Backups } from "./index.ts";

const migrations = ["test-001"];
let room = "";
let sql: Sql;
let whole: Buffer;
const maintenance = createMaintenance();

const folder = () => join(room, "data");
const grown = `log/${"a".repeat(8)}/00000001.log`;
const blob = createHash("sha256").update("blob").digest("hex");
const blobName = `blobs/${blob.slice(0, 2)}/${blob}`;

function start(turns = maintenance, database = sql, onMark: () => void = () => {}) {
  return createBackups({
    folder: folder(),
    sql: database,
    instance: null,
    maintenance: turns,
    mark: () => {
      onMark();
      return (name) => (name === grown ? 10 : name.endsWith("00000002.log") ? null : Number.POSITIVE_INFINITY);
    },
    clock: systemClock,
    logger: silentLogger,
  });
}

/** A whole backup; `begun` is called when it is pinned, and waited for. */
async function collect(backups: Backups, begun: () => Promise<void> = async () => {}): Promise<Buffer> {
  const chunks: Buffer[] = [];
  await backups.write(() => {
    const ready = begun();
    return async (chunk) => {
      await ready;
      chunks.push(Buffer.from(chunk));
    };
  });
  return Buffer.concat(chunks);
}

async function put(name: string, text: string | Buffer): Promise<void> {
  await mkdir(join(folder(), name, ".."), { recursive: true });
  await writeFile(join(folder(), name), text);
}

beforeAll(async () => {
  room = await mkdtemp(join(tmpdir(), "slipway-backup-"));
  await openDataFolder(folder(), systemClock);
  sql = await openSqlite({ path: join(folder(), "slipway.db") });
  await migrate(sql, [
    {
      id: "test-001",
      up: (db) => db.schema.createTable("t").addColumn("n", "integer").execute(),
    },
  ]);
  await sql.as<{ t: { n: number } }>().db.insertInto("t").values({ n: 7 }).execute();
  await put(blobName, "blob");
  await put(grown, "ten bytes!and more");
  await put(grown.replace("1.log", "2.log"), "younger");
  await put("lake/predictions/x.parquet", Buffer.concat([randomBytes(1_000_000), Buffer.alloc(2000, 3)]));
  for (let i = 0; i < 40; i++) await put(`many/${i}`, randomBytes(i * 1000));
  await put("empty/closed", "");
  await put("logs/server.jsonl", "not in it");
  await put("blobs/partial/half", "not in it");
  whole = await collect(start());
});
afterAll(async () => {
  await sql.close();
  await rm(room, { recursive: true, force: true });
});

const sourceOf = (bytes: Uint8Array) => Readable.from([Buffer.from(bytes)], { objectMode: false });
let targets = 0;
const many = Array.from({ length: 40 }, (_, i) => `many/${i}`);
async function restore(bytes: Uint8Array) {
  const target = join(room, `restored-${targets++}`);
  const outcome = await restoreBackup({ source: sourceOf(bytes), migrations, folder: target }).then(
    () => null,
    (error: Error & { code: string }) => error,
  );
  return { target, outcome };
}

async function listTree(root: string): Promise<Record<string, string>> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files: Record<string, string> = {};
  for (const entry of entries.filter((each) => each.isFile())) {
    const path = join(entry.parentPath, entry.name);
    files[path.slice(root.length + 1)] = createHash("sha256")
      .update(await readFile(path))
      .digest("hex");
  }
  return files;
}

/** An archive of one's own making: whatever is wrong with it, its list of contents is right. */
async function forge(
  files: readonly { name: string; text: string; type?: "symlink" | "directory" }[],
  manifest?: (entries: { name: string; size: number; sha256: string }[]) => string,
): Promise<Buffer> {
  const tar = pack();
  const entries = files.map(({ name, text }) => ({
    name,
    size: Buffer.byteLength(text),
    sha256: createHash("sha256").update(text).digest("hex"),
  }));
  for (const { name, text, type = "file" as const } of files)
    if (type === "file") tar.entry({ name }, text);
    else tar.entry({ name, type, linkname: "/etc/passwd" });
  tar.entry({ name: "manifest.json" }, (manifest ?? toManifest)(entries));
  tar.finalize();
  return buffer(tar);
}

const head = (more: object = {}) => ({
  name: "backup.json",
  text: JSON.stringify({
    format: 1,
    slipway: "9.9.9",
    created_at: "2026-01-01T00:00:00.000Z",
    instance: null,
    data_format: 1,
    migrations,
    files: 2,
    bytes: 3,
    ...more,
  }),
});
const needed = [
  { name: "data/slipway.json", text: '{"format":1,"created_at":1}' },
  { name: "data/slipway.db", text: "db" },
];

test("a backup restores to the same files, as far as they belong to its moment", async () => {
  const { target, outcome } = await restore(whole);
  expect(outcome).toBe(null);
  const files = await listTree(target);
  expect(Object.keys(files).toSorted()).toEqual(
    [blobName, grown, "empty/closed", "lake/predictions/x.parquet", "slipway.db", "slipway.json", ...many].toSorted(),
  );
  expect(await readFile(join(target, grown), "utf8")).toBe("ten bytes!");
  expect(files[blobName]).toBe(blob);
  const again = await openSqlite({ path: join(target, "slipway.db") });
  expect(await again.as<{ t: { n: number } }>().db.selectFrom("t").selectAll().execute()).toEqual([{ n: 7 }]);
  await again.close();
  expect((await readdir(room)).filter((name) => name.endsWith(".restoring"))).toEqual([]);
  expect(await readdir(join(folder(), "tmp"))).toEqual([]);
});

test("what is taken away or grows after the start of a backup is in it as it was", async () => {
  const backups = start();
  await put("lake/merged.parquet", "as it was");
  await put("log/old/00000001.log", "closed ");
  const bytes = await collect(backups, async () => {
    await rm(join(folder(), "lake/merged.parquet"));
    await appendFile(join(folder(), "log/old/00000001.log"), "grown");
  });
  const { target } = await restore(bytes);
  expect(await readFile(join(target, "lake/merged.parquet"), "utf8")).toBe("as it was");
  expect(await readFile(join(target, "log/old/00000001.log"), "utf8")).toBe("closed ");
});

test("the end of the log is noted when the database is copied, so that nothing in that is ahead of it", async () => {
  const steps: string[] = [];
  const watched: Sql = {
    ...sql,
    snapshot: async (path) => {
      await sql.snapshot(path);
      steps.push("database");
    },
  };
  await collect(start(maintenance, watched, () => steps.push("log")));
  expect(steps).toEqual(["database", "log"]);
});

test("it waits for whoever takes files away, and a second one is refused until the first has ended", async () => {
  const backups = start();
  const { promise, resolve } = Promise.withResolvers<void>();
  const gc = maintenance.exclusive("gc", () => promise);
  let begun = false;
  const held = Promise.withResolvers<void>();
  const pinned = Promise.withResolvers<void>();
  const first = collect(backups, () => {
    begun = true;
    pinned.resolve();
    return held.promise;
  });
  // Somebody who need not wait has done the same meanwhile.
  await collect(start(createMaintenance()));
  expect(begun).toBe(false);
  resolve();
  await gc;
  await pinned.promise;
  await expect(collect(backups)).rejects.toMatchObject({ code: "conflict" });
  held.resolve();
  await first;
  // A reader that does not read any more is left by a server that ends.
  const asleep = Promise.withResolvers<void>();
  const second = collect(backups, () => {
    asleep.resolve();
    return new Promise(() => {});
  });
  const ended = expect(second).rejects.toThrow("shutting down");
  await asleep.promise;
  await backups.close();
  await ended;
  expect(await readdir(join(folder(), "tmp"))).toEqual([]);
});

test("a blob whose bytes are not what its name says ends the backup before its list of contents", async () => {
  const name = `blobs/00/00${"1".repeat(62)}`;
  await put(name, "rotten");
  await expect(collect(start())).rejects.toThrow(/is damaged: its SHA-256/);
  await rm(join(folder(), name));
});

describe("a damaged backup", () => {
  test("cut anywhere it is refused, and nothing is left behind", { timeout: 60_000 }, async () => {
    const end = whole.lastIndexOf("manifest.json") + 512;
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: end }), async (at) => {
        const { target, outcome } = await restore(whole.subarray(0, at));
        expect([outcome?.code, existsSync(target), existsSync(`${target}.restoring`)]).toEqual([
          "invalid_file",
          false,
          false,
        ]);
      }),
      { numRuns: 25, examples: [[0], [511], [512], [1024], [end - 512], [end]] },
    );
  });

  test("with a changed byte it is refused, unless nothing of it is in the byte", { timeout: 60_000 }, async () => {
    const { target: good } = await restore(whole);
    const tree = await listTree(good);
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: whole.length - 1 }),
        fc.integer({ min: 1, max: 255 }),
        async (at, by) => {
          const bytes = Buffer.from(whole);
          bytes[at] = (bytes[at] as number) ^ by;
          const { target, outcome } = await restore(bytes);
          if (outcome === null) expect(await listTree(target)).toEqual(tree);
          else
            expect([outcome.code, existsSync(target), existsSync(`${target}.restoring`)]).toEqual([
              at < 2000 ? expect.stringMatching(/^(invalid_file|data_folder_newer)$/) : "invalid_file",
              false,
              false,
            ]);
        },
      ),
      { numRuns: 25 },
    );
    const inFile = Buffer.from(whole);
    inFile[whole.indexOf(Buffer.alloc(1000, 3)) + 500] = 4;
    expect((await restore(inFile)).outcome?.message).toMatch(/x\.parquet" is damaged/);
  });

  const spellings = [
    "data/../../evil",
    "data/a/../../../evil",
    "/etc/evil",
    "data//evil",
    "data/./evil",
    "data/..",
    "data/..\\evil",
    "data\\..\\..\\evil",
    "C:/evil",
    "data/C:evil",
    "data/evil. ",
    "data/.. /evil",
    `data/${"a".repeat(300)}`,
  ];
  test.each(spellings)("a path that leads elsewhere is refused: %j", async (name) => {
    const { outcome, target } = await restore(await forge([head(), ...needed, { name, text: "evil" }]));
    expect([outcome?.code, existsSync(target)]).toEqual(["invalid_file", false]);
    expect(existsSync(join(room, "evil"))).toBe(false);
    expect(existsSync("/etc/evil")).toBe(false);
  });

  test.each([
    ["a link", [head(), ...needed, { name: "data/link", text: "", type: "symlink" as const }], /only files/],
    ["a folder", [head(), ...needed, { name: "data/folder", text: "", type: "directory" as const }], /only files/],
    ["the same name twice", [head(), ...needed, { name: "data/Slipway.json", text: "x" }], /Two files/],
    [
      "a file that is a folder",
      [head(), ...needed, { name: "data/slipway.db/x", text: "x" }],
      /both a file and a folder/,
    ],
    ["something beside the data", [head(), ...needed, { name: "other.txt", text: "x" }], /which no backup has/],
    ["no head", needed, /does not begin as one/],
    ["no database", [head(), needed[0]!], /has no slipway\.db/],
  ])("with %s it is refused", async (_, files, message) => {
    const { outcome, target } = await restore(await forge(files));
    expect([outcome?.code, existsSync(target)]).toEqual(["invalid_file", false]);
    expect(outcome?.message).toMatch(message);
  });

  test("with a file that is not listed, or a listed one that is not there, it is refused", async () => {
    const extra = await forge([head(), ...needed, { name: "data/extra", text: "x" }], (all) =>
      toManifest(all.slice(0, -1)),
    );
    expect((await restore(extra)).outcome?.message).toMatch(/"data\/extra" does not belong/);
    const gone = await forge([head(), ...needed], (all) => toManifest([...all, { ...all[0]!, name: "data/gone" }]));
    expect((await restore(gone)).outcome?.message).toMatch(/"data\/gone" is missing/);
    const behind = Buffer.concat([whole, await forge([{ name: "data/behind", text: "x" }])]);
    expect((await restore(behind)).outcome?.message).toMatch(/stands behind its end/);
  });

  test.each([
    ["format", { format: 2 }],
    ["data folder", { data_format: 99 }],
    ["table", { migrations: [...migrations, "future-001"] }],
  ])("of a newer %s it is refused as such, and verified as such", async (_, more) => {
    const bytes = await forge([head(more), ...needed]);
    expect((await restore(bytes)).outcome?.code).toBe("data_folder_newer");
    await expect(readBackup({ source: sourceOf(bytes), migrations })).rejects.toMatchObject({
      code: "data_folder_newer",
    });
  });

  test("what is no archive at all is told so", async () => {
    expect((await restore(Buffer.alloc(0))).outcome?.message).toMatch(/It is empty/);
    expect((await restore(Buffer.from("hello".repeat(1000)))).outcome?.message).toMatch(/no tar archive/);
  });
});

test("a restore never writes over anything", async () => {
  const target = join(room, "taken");
  await mkdir(target);
  await writeFile(join(target, "mine"), "mine");
  await expect(restoreBackup({ source: sourceOf(whole), migrations, folder: target })).rejects.toMatchObject({
    code: "precondition_failed",
  });
  expect(await readdir(target)).toEqual(["mine"]);
  await rm(join(target, "mine"));
  await restoreBackup({ source: sourceOf(whole), migrations, folder: target });
  expect(await readdir(target)).toContain("slipway.db");
});
