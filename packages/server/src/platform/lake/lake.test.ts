import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { systemClock } from "../../kernel/clock.ts";
import { silentLogger } from "../../kernel/logger.ts";
import { createLake, LakeError, type LakeRunOptions, readTable } from "./index.ts";
import type { TestTask } from "./testing/tasks.ts";

const module = new URL("./testing/tasks.ts", import.meta.url);
const deps = { memoryBytes: 2 ** 29, threads: 1, idleMs: 60_000, clock: systemClock, logger: silentLogger };
const lake = createLake(deps);
afterAll(() => lake.close());

const run = <T>(what: TestTask["do"], value?: unknown, options?: LakeRunOptions, on = lake) =>
  on.run<T>({ module, input: { do: what, value } satisfies TestTask }, options);

interface Echo {
  readonly pid: number;
  readonly folder: string;
  readonly env: string[];
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe("the lake", () => {
  test("runs one task after the other in one process, each with a database and a folder of its own", async () => {
    process.env["SLIPWAY_TOKEN"] = "secret";
    const first = await run<Echo>("echo", { a: 1n, b: [Buffer.from("x")] });
    delete process.env["SLIPWAY_TOKEN"];
    expect(first).toMatchObject({ value: { a: 1n }, made: true });
    expect(first.env).not.toContain("SLIPWAY_TOKEN");
    expect(existsSync(first.folder)).toBe(false);
    await run("sql", "CREATE TABLE left_behind (a INTEGER)");
    expect(await run("left")).toEqual([{ n: 0 }]);
    expect((await run<Echo>("echo")).pid).toBe(first.pid);
  });

  test("tells progress, answers questions and hands errors through", async () => {
    const progress: unknown[] = [];
    const onAsk = async (question: unknown) => ({ question, answer: 42 });
    const answer = await run("ask", "why", { onAsk, onProgress: (step) => progress.push(step) });
    expect(answer).toEqual({ question: "why", answer: 42 });
    expect(progress).toEqual(["doing ask"]);
    await expect(run("refuse", 7)).rejects.toMatchObject({ code: "invalid_file", details: { value: 7 } });
    await expect(run("fail")).rejects.toMatchObject({ name: "LakeError", reason: "failed", message: "a bug" });
    await expect(run("sql", "SELECT nothing")).rejects.toMatchObject({ reason: "sql" });
  });

  test("gives values that JSON knows", async () => {
    const sql = `SELECT 9007199254740993::BIGINT AS big, 2::HUGEINT AS small, 1.5 AS decimal, 'NaN'::DOUBLE AS nan,
      '-inf'::FLOAT AS infinite, TIMESTAMP '2026-01-02 03:04:05.678901' AS at, [1, NULL] AS list, {a: 1} AS struct,
      MAP {'k': 2} AS map, '\\xAA'::BLOB AS blob, DATE '2026-01-02' AS day,
      '0196f9a3-0000-7000-8000-000000000001'::UUID AS id, TIMESTAMP '1969-12-31 23:59:59.999999' AS before`;
    expect(await run("sql", sql)).toEqual([
      {
        big: "9007199254740993",
        small: 2,
        decimal: 1.5,
        nan: null,
        infinite: "-Infinity",
        at: "2026-01-02T03:04:05.678901Z",
        list: [1, null],
        struct: { a: 1 },
        map: [{ key: "k", value: 2 }],
        blob: { b64: "qg==" },
        day: "2026-01-02",
        id: "0196f9a3-0000-7000-8000-000000000001",
        before: "1969-12-31T23:59:59.999999Z",
      },
    ]);
  });

  test("writes columns of every kind as they were given", async () => {
    const rows = await run<Record<string, unknown>[]>("feed", 5000);
    expect(rows).toHaveLength(5000);
    for (const [i, row] of rows.entries())
      expect(row).toEqual({
        number: i % 7 === 0 ? null : i,
        text: i % 5 === 0 ? null : i % 2 === 0 ? `${i}` : `the number that is called ${i} é`,
        list: Array.from({ length: i % 4 }, (_, n) => `element ${n} of the list ${i}`),
        few: i % 3 === 2 ? null : i % 3 === 0 ? "a" : "a text that is longer than its cell",
      });
  });
});

describe("a child of the lake", () => {
  test("may be lost: the next task has another", async () => {
    const { pid } = await run<Echo>("echo");
    await expect(run("abort")).rejects.toMatchObject({ reason: "crash" });
    expect((await run<Echo>("echo")).pid).not.toBe(pid);
  });

  test("is killed at its limits and by a signal, whatever it does", async () => {
    await expect(run("spin", null, { timeoutMs: 300 })).rejects.toMatchObject({ reason: "time" });
    await expect(run("sleep", null, { timeoutMs: 300 })).rejects.toBeInstanceOf(LakeError);
    await expect(run("hoard")).rejects.toMatchObject({ reason: "memory" });
    const controller = new AbortController();
    const spinning = run("spin", null, { signal: controller.signal, onProgress: () => controller.abort() });
    await expect(spinning).rejects.toMatchObject({ code: "cancelled" });
    expect(await run("sql", "SELECT 1 AS one")).toEqual([{ one: 1 }]);
  });

  test("ends when it is idle", async () => {
    const idle = createLake({ ...deps, idleMs: 100 });
    const { pid } = await run<Echo>("echo", null, {}, idle);
    await expect.poll(() => isAlive(pid), { timeout: 20_000 }).toBe(false);
    await idle.close();
  });

  test("ends with the lake, and what runs fails", async () => {
    const closing = createLake({ ...deps, children: 2 });
    const { pid } = await run<Echo>("echo", null, {}, closing);
    let spins: Promise<unknown>[] = [];
    await new Promise<void>((resolve) => {
      spins = [1, 2, 3].map((at) => run("spin", null, { onProgress: () => at === 1 && resolve() }, closing));
    });
    const ended = Promise.allSettled(spins);
    await closing.close();
    expect(isAlive(pid)).toBe(false);
    for (const end of await ended) expect(end).toMatchObject({ status: "rejected", reason: { code: "shutting_down" } });
  });

  test("ends with its parent, also where it is stuck", async () => {
    const program = `
      import { createLake } from ${JSON.stringify(new URL("./index.ts", import.meta.url).href)};
      import { systemClock } from ${JSON.stringify(new URL("../../kernel/clock.ts", import.meta.url).href)};
      const lake = createLake({ memoryBytes: 2 ** 29, threads: 1, idleMs: 60_000, clock: systemClock, logger: console });
      const module = new URL(${JSON.stringify(module.href)});
      const { pid } = await lake.run({ module, input: { do: "echo" } });
      void lake.run({ module, input: { do: "spin" } }, { onProgress: () => console.log(pid) });`;
    const parent = spawn(process.execPath, ["--input-type=module-typescript", "-e", program], {
      cwd: fileURLToPath(new URL(".", import.meta.url)),
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = (await once(parent.stdout, "data")) as [Buffer];
    const pid = Number(line.toString().trim());
    expect(isAlive(pid)).toBe(true);
    parent.kill("SIGKILL");
    await expect.poll(() => isAlive(pid), { timeout: 20_000, interval: 100 }).toBe(false);
  });
}, 60_000);

describe("a table", () => {
  const folder = mkdtempSync(join(tmpdir(), "slipway-table-"));

  test("is read from CSV and JSON, and from Parquet", async () => {
    const csv = join(folder, "it's.csv");
    writeFileSync(csv, "name,size\nann,1\nbob,2.5\ncy,\n");
    expect(await readTable(lake, csv, { limit: 2 })).toEqual({
      columns: [
        { name: "name", type: "VARCHAR" },
        { name: "size", type: "DOUBLE" },
      ],
      rows: [
        ["ann", 1],
        ["bob", 2.5],
      ],
      total: 3,
    });
    const json = join(folder, "a.jsonl");
    writeFileSync(json, '{"name":"ann","size":1}\n{"name":"bob","size":null}\n');
    expect(await readTable(lake, json, { limit: 10 })).toMatchObject({
      rows: [
        ["ann", 1],
        ["bob", null],
      ],
      total: 2,
    });
    await run("sql", `COPY (SELECT 1 AS a) TO '${folder}/a.parquet'`);
    expect(await readTable(lake, join(folder, "a.parquet"), { limit: 10 })).toMatchObject({ rows: [[1]], total: 1 });
  });

  test("that is none is refused", async () => {
    const broken = join(folder, "broken.parquet");
    writeFileSync(broken, "PAR");
    await expect(readTable(lake, broken, { limit: 1 })).rejects.toMatchObject({ code: "invalid_file" });
    await expect(readTable(lake, join(folder, "x.xls"), { limit: 1 })).rejects.toMatchObject({ code: "invalid_file" });
  });
});
