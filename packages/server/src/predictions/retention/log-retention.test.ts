import { type Offset, segmentFile } from "@slipway/runtime/log";
import { readdir, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import type { PredictionLog } from "../prediction-log.ts";
import { openLog } from "../testing/log.ts";
import type { RetentionLimits } from "./choose.ts";
import { removeOldSegments } from "./log-retention.ts";

const opened: PredictionLog[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((log) => log.close()));
});

const hour = 3_600_000;
const none: RetentionLimits = { ageMs: null, bytes: null };

/** An instance with three closed segments and one that grows, one prediction each; the first is three hours old, and so on. */
async function openAged() {
  const test = await openLog({ segmentBytes: 100 });
  opened.push(test.log);
  const ids: string[] = [];
  for (let i = 0; i < 4; i++) ids.push(await test.append("flights"));
  await test.log.rotate();
  await test.append("flights");
  const now = Date.now();
  const folder = join(test.folder, test.instance);
  for (let i = 0; i < 3; i++) {
    const at = new Date(now - (3 - i) * hour);
    await utimes(join(folder, segmentFile(i + 1)), at, at);
  }
  const end = (await stat(join(folder, segmentFile(4)))).size;
  const all = new Map([[test.instance, { instance: test.instance, segment: 4, byte: end }]]);
  return { ...test, ids, now, at: folder, all };
}

type Aged = Awaited<ReturnType<typeof openAged>>;

function remove(
  { folder, log, now, all }: Aged,
  options: { limits?: RetentionLimits; readers?: ReadonlyMap<string, Offset>[]; horizon?: number | null },
) {
  const { limits = none, readers = [all], horizon = null } = options;
  return removeOldSegments(
    { folder, limits, growing: log.growing, readers: async () => readers, horizon: async () => horizon },
    now,
  );
}

const segments = async ({ at }: Aged) => (await readdir(at)).filter((file) => file.endsWith(".log")).sort();

test("segments go by age and by size, the oldest first, and never the one that grows", async () => {
  const aged = await openAged();
  const sizes = await Promise.all((await segments(aged)).map(async (file) => (await stat(join(aged.at, file))).size));
  const held = sizes.reduce((a, b) => a + b, 0);
  expect(await remove(aged, {})).toEqual({ files: 0, bytes: 0, heldBytes: held });
  expect(await remove(aged, { limits: { ageMs: 2.5 * hour, bytes: null } })).toEqual({
    files: 1,
    bytes: sizes[0],
    heldBytes: held - sizes[0]!,
  });
  expect(await remove(aged, { limits: { ageMs: null, bytes: held - sizes[0]! - 1 } })).toMatchObject({ files: 1 });
  expect(await segments(aged)).toEqual([3, 4, 5].map(segmentFile));
  expect(await aged.log.find(aged.ids[0]!, null)).toBeNull();
  expect(await aged.log.find(aged.ids[2]!, null)).not.toBeNull();
  await remove(aged, { limits: { ageMs: 0, bytes: 0 } });
  expect(await segments(aged)).toEqual([segmentFile(5)]);
});

test("what a reader has not wholly read stays, whatever the others did", async () => {
  const aged = await openAged();
  const limits = { ageMs: 0, bytes: 0 };
  const { size } = await stat(join(aged.at, segmentFile(2)));
  const at = (segment: number, byte: number) => new Map([[aged.instance, { instance: aged.instance, segment, byte }]]);
  expect(await remove(aged, { limits, readers: [aged.all, new Map()] })).toMatchObject({ files: 0 });
  expect(await remove(aged, { limits, readers: [at(2, size - 1), aged.all] })).toMatchObject({ files: 1 });
  expect(await segments(aged)).toEqual([2, 3, 4, 5].map(segmentFile));
  expect(await remove(aged, { limits, readers: [at(2, size), aged.all] })).toMatchObject({ files: 1 });
  expect(await segments(aged)).toEqual([3, 4, 5].map(segmentFile));
});

test("what is older than everything in the lake goes with it", async () => {
  const aged = await openAged();
  expect(await remove(aged, { horizon: aged.now - 1.5 * hour })).toMatchObject({ files: 2 });
  expect(await segments(aged)).toEqual([3, 4, 5].map(segmentFile));
});

test("of an instance that ended nothing is left when its last segment goes; damaged pieces go by age, too", async () => {
  const first = await openLog();
  await first.append("flights");
  await first.log.close();
  const damaged = join(first.folder, first.instance, "00000007.log.damaged");
  await writeFile(damaged, "bytes");
  const next = await openLog({ folder: first.folder });
  opened.push(next.log);
  const read = new Map([[first.instance, { instance: first.instance, segment: 2, byte: 64 }]]);
  const now = Date.now() + hour;
  const deps = {
    folder: first.folder,
    growing: next.log.growing,
    readers: async () => [read],
    horizon: async () => null,
  };
  await removeOldSegments({ ...deps, limits: { ageMs: 2 * hour, bytes: null } }, now);
  expect(await readdir(join(first.folder, first.instance))).toHaveLength(3);
  await removeOldSegments({ ...deps, limits: { ageMs: hour / 2, bytes: null } }, now);
  expect(await next.log.feed.instances()).toEqual([]);
});
