import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createWriteStream } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openPairFile } from "./pair-file.ts";
import type { PairLine } from "./pairs.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pair-file-"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const line = { names: ["a"] } as unknown as PairLine;

/** Its error comes while nobody writes. */
async function openBroken() {
  const path = join(folder, "there");
  await writeFile(path, "");
  const file = openPairFile(path);
  const asMuch = createWriteStream(path, { flags: "wx" });
  await new Promise((resolve) => asMuch.once("error", resolve));
  return file;
}

test("a disk that refuses between two writes fails the next one, and nothing else", async () => {
  const file = await openBroken();
  await expect(file.write(line)).rejects.toMatchObject({ code: "EEXIST" });
  await expect(file.end()).rejects.toMatchObject({ code: "EEXIST" });
});

test("what was written is there when it has ended", async () => {
  const file = openPairFile(join(folder, "good"));
  await file.write(line);
  await file.end();
  expect(file.rows).toBe(1);
});
