import { execFile } from "node:child_process";
import { randomUUIDv7 } from "node:crypto";
import { cp, mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { flightInputs } from "../testing/log.ts";
import { openErasures } from "./testing/open-erasures.ts";

const script = fileURLToPath(new URL("./testing/erase-and-die.ts", import.meta.url));
const person = "alice-of-tinytown";
const where = `"key" = '${person}'`;
const folders: string[] = [];
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "slipway-"));
  folders.push(folder);
  return folder;
}

type Opened = Awaited<ReturnType<typeof openErasures>>;

/** What is left of everybody, from each place where it is kept. */
async function lookAt({ log, lake, labels }: Opened) {
  const bytes = await log.list({ endpoint: "flights", limit: 1000, cursor: null });
  const { items } = JSON.parse(new TextDecoder().decode(bytes)) as { items: { id: string; key: string }[] };
  const ask = async (sql: string) => {
    const { path } = await lake.query({ endpoint: "flights", sql, format: "json" });
    const { rows } = JSON.parse(await readFile(path, "utf8")) as { rows: { key: string }[] };
    await rm(path);
    return rows;
  };
  return {
    items,
    rows: await ask(`select id, "row", "key", origin, distance, late from predictions order by id, "row"`),
    labels: await ask(`select "value" as "key" from label_events order by "value"`),
    waiting: await labels.count("flights"),
  };
}

/** A log of several segments, one of another start, a lake of two files, labels of people. */
async function fill(folder: string) {
  for (const start of [0, 1]) {
    const test = await openErasures(folder);
    const { append, labels, lake } = test;
    for (let i = 0; i < 12; i++) {
      const keys = i % 5 === 0 ? [person] : [`k${start}-${i}`];
      await append("flights", { keys, inputs: flightInputs([i % 5 === 0 ? person : "ATL"], [i]) });
    }
    const many = await append("flights", {
      rows: 2,
      keys: ["ben", person],
      inputs: flightInputs(["BOS", person], [7, 8]),
      outputs: [{ name: "late", datatype: "FP32", shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) }],
    });
    const label = {
      endpoint: "flights",
      key: null,
      number: null,
      observedAt: 1,
      timed: false,
      receivedAt: 1,
      source: "t",
    };
    const of = (row: number, value: string) =>
      ({ ...label, id: randomUUIDv7(), prediction: many, row, value, ambiguous: "none" }) as const;
    await labels.insert([of(0, "of ben"), of(1, `of ${person}`)]);
    if (start === 0) await lake.flush();
    await test.close();
  }
}

const without = <T extends { key: string }>(rows: readonly T[]) => rows.filter(({ key }) => !key.includes(person));

/** Where the state on the disk changes. */
const moments = ["segments", "replace segment", "rewritten labels", "rewritten predictions", "tombstone", "done"];

/** False where it came to its end before. */
async function die(folder: string, dieAt: string): Promise<boolean> {
  return promisify(execFile)(process.execPath, [script, folder, dieAt, where]).then(
    ({ stdout }) => {
      expect(JSON.parse(stdout)).toMatchObject({ state: "succeeded" });
      return false;
    },
    (error: { signal?: string; stderr?: string }) => {
      expect(error.signal, error.stderr).toBe("SIGKILL");
      return true;
    },
  );
}

async function makeSource() {
  const source = await makeFolder();
  await fill(source);
  const test = await openErasures(source);
  const before = await lookAt(test);
  await test.close();
  expect(before.rows.filter(({ key }) => key === person)).toHaveLength(8);
  return { source, before };
}

test("killed again and again, an erase comes to the same end: nothing is left of what matched, and nothing else is lost", async () => {
  const { source, before } = await makeSource();
  for (const moment of moments) expect(await die(source, moment), moment).toBe(true);
  await check(source, before);
}, 300_000);

test.runIf(process.env["MODE"] === "chaos")("killed at every single step, it comes to the same end", async () => {
  const { source, before } = await makeSource();
  for (let step = 1, died = true; died; step++) {
    const folder = await makeFolder();
    await cp(source, folder, { recursive: true });
    died = await die(folder, String(step));
    await check(folder, before);
  }
});

async function check(folder: string, before: Awaited<ReturnType<typeof lookAt>>): Promise<void> {
  const test = await openErasures(folder);
  await test.erasures.resume();
  const { items } = await test.operations.list({ limit: 10, cursor: null });
  for (const { id } of items) await test.ended(id);
  const resumed = await lookAt(test);
  // Killed before it had begun, it changed nothing; otherwise it is done now.
  const begun = resumed.rows.every(({ key }) => key !== person);
  if (!begun) {
    expect(resumed).toEqual(before);
    const { id } = await test.erasures.erase("flights", { where, dryRun: false, author: null });
    await test.ended(id);
  }
  expect(await lookAt(test)).toEqual({
    items: without(before.items),
    rows: without(before.rows),
    labels: without(before.labels),
    waiting: before.waiting,
  });
  await test.close();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    expect((await readFile(path)).includes(person), path).toBe(false);
  }
  expect(await readdir(join(folder, "erasures"))).toEqual([]);
}
