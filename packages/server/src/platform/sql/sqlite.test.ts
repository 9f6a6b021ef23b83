import { spawn, spawnSync } from "node:child_process";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setImmediate } from "node:timers/promises";
import { sql as raw } from "kysely";
import { expect, test } from "vitest";
import { openSqlite } from "./sqlite.ts";

const child = new URL("./testing/commit-loop.ts", import.meta.url).pathname;

async function tempFile(): Promise<string> {
  return join(await mkdtemp(join(tmpdir(), "slipway-")), "slipway.db");
}

test("keeps every commit that was answered before kill -9", { timeout: 20_000 }, async () => {
  const path = await tempFile();
  const running = spawn(process.execPath, [child, path], { stdio: ["ignore", "pipe", "inherit"] });
  const answered: number[] = [];
  for await (const line of createInterface({ input: running.stdout })) {
    answered.push(Number(line));
    if (answered.length === 300) running.kill("SIGKILL");
  }
  expect(answered.length).toBeGreaterThanOrEqual(300);
  const { db, close } = await openSqlite({ path });
  const { rows } = await raw<{ n: number }>`select n from commits order by n`.execute(db);
  const kept = new Set(rows.map((row) => row.n));
  expect(answered.filter((n) => !kept.has(n))).toEqual([]);
  await close();
});

test.each([
  ["forgets to close and still waits for an answer", ""],
  ["waits for nothing but close", 'await answer; await close(); console.log("closed");'],
])("a process ends by itself that %s", async (_, last) => {
  const source = new URL("./sqlite.ts", import.meta.url).href;
  const script = `
    import { openSqlite } from ${JSON.stringify(source)};
    import { sql as raw } from "kysely";
    const { db, close } = await openSqlite({ path: ${JSON.stringify(await tempFile())} });
    const answer = raw\`select 42 as n\`.execute(db).then(({ rows }) => console.log(rows[0].n));
    ${last}
  `;
  const ran = spawnSync(process.execPath, ["--input-type=module-typescript", "-e", script], {
    cwd: import.meta.dirname,
    timeout: 10_000,
    encoding: "utf8",
  });
  expect(ran.stderr).toBe("");
  expect(ran.stdout).toBe(last === "" ? "42\n" : "42\nclosed\n");
  expect(ran.status).toBe(0);
});

test("waits for a writer in another process's place", async () => {
  const path = await tempFile();
  const [one, two] = await Promise.all([openSqlite({ path, readers: 0 }), openSqlite({ path, readers: 0 })]);
  await one.db.schema.createTable("t").addColumn("n", "integer").execute();
  const add = (sql: typeof one) => () =>
    sql.tx(async (trx) => {
      const { rows } = await raw<{ n: number }>`select count(*) as n from t`.execute(trx);
      await raw`insert into t values (${rows[0]!.n})`.execute(trx);
    });
  await Promise.all(Array.from({ length: 40 }, (_, i) => add(i % 2 === 0 ? one : two)()));
  const { rows } = await raw<{ n: number }>`select count(distinct n) as n from t`.execute(one.db);
  expect(rows).toEqual([{ n: 40 }]);
  await one.close();
  await two.close();
});

test("close waits for what was asked before and refuses what comes after", async () => {
  const sql = await openSqlite({ path: await tempFile() });
  const before = [
    sql.db.schema.createTable("t").addColumn("n", "integer").execute(),
    sql.tx((trx) => raw`select 1`.execute(trx)),
    raw`select 1`.execute(sql.db),
  ];
  await setImmediate();
  await sql.close();
  expect((await Promise.allSettled(before)).map((result) => result.status)).toEqual(Array(3).fill("fulfilled"));
  await expect(raw`select 1`.execute(sql.db)).rejects.toMatchObject({ code: "shutting_down" });
  await expect(raw`delete from t`.execute(sql.db)).rejects.toMatchObject({ code: "shutting_down" });
  await sql.close();
});

test("says why a file cannot be opened", async () => {
  await expect(openSqlite({ path: join(await tempFile(), "no", "such", "folder.db") })).rejects.toThrow(
    "unable to open",
  );
});

test("never blocks the event loop", async () => {
  const sql = await openSqlite({ path: await tempFile() });
  let longest = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 5);
  const started = performance.now();
  await raw`with recursive c(n) as (select 1 union all select n + 1 from c where n < 2000000) select max(n) from c`.execute(
    sql.db,
  );
  const took = performance.now() - started;
  clearInterval(timer);
  await sql.close();
  expect(longest).toBeLessThan(took / 2);
});

test("commits durably and checks foreign keys", async () => {
  const sql = await openSqlite({ path: await tempFile() });
  const pragma = async (name: string) => (await raw`pragma ${raw.raw(name)}`.execute(sql.db)).rows[0];
  expect(await pragma("journal_mode")).toEqual({ journal_mode: "wal" });
  expect(await pragma("synchronous")).toEqual({ synchronous: 2 });
  expect(await pragma("foreign_keys")).toEqual({ foreign_keys: 1 });
  await sql.close();
});

test("a snapshot is one moment, whole by itself, and keeps nobody from writing", async () => {
  const path = await tempFile();
  const sql = await openSqlite({ path });
  await sql.db.schema.createTable("t").addColumn("n", "integer").execute();
  const insertTwo = () =>
    sql.tx(async (trx) => {
      await raw`insert into t values (1)`.execute(trx);
      await raw`insert into t values (-1)`.execute(trx);
    });
  await insertTwo();
  const copy = join(path, "..", "copy.db");
  // Asked for inside a transaction of somebody else, which goes on afterwards.
  await sql.tx(async (trx) => {
    await raw`insert into t values (1)`.execute(trx);
    await sql.snapshot(copy);
    await raw`insert into t values (-1)`.execute(trx);
  });
  const copied = await openSqlite({ path: copy });
  const { rows } = await raw`select count(*) as rows, sum(n) as total from t`.execute(copied.db);
  expect(rows).toEqual([{ rows: 2, total: 0 }]);
  await copied.close();
  const inMemory = await openSqlite({ path: ":memory:" });
  await inMemory.db.schema.createTable("t").addColumn("n", "integer").execute();
  await inMemory.snapshot(`${copy}.2`);
  const other = await openSqlite({ path: `${copy}.2` });
  expect((await raw`select * from t`.execute(other.db)).rows).toEqual([]);
  for (const each of [sql, inMemory, other]) await each.close();
});
