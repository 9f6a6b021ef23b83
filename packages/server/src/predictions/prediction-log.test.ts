import { type Offset, decodeHeader } from "@slipway/runtime/log";
import { appendFile, readdir, stat } from "node:fs/promises";
import { randomUUIDv7 } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Feed } from "./feed.ts";
import { flight, openLog } from "./testing/log.ts";

/** Reads an instance on from an offset to where there is nothing more for now. */
async function readOn(feed: Feed, from: Offset, limit: number) {
  const ids: string[] = [];
  let offset = from;
  for (;;) {
    const chunk = await feed.read(offset, limit);
    ids.push(...chunk.records.map(({ payload }) => decodeHeader(payload).id));
    offset = chunk.offset;
    if (chunk.state !== "more") return { ids, offset, state: chunk.state };
  }
}

test("the feed gives every record once, across segments, while the log grows and after it closed", async () => {
  const { log, append, instance, folder } = await openLog({ segmentBytes: 1200 });
  expect(await log.feed.instances()).toEqual([]);
  expect((await log.feed.read(log.feed.start(instance))).state).toBe("waiting");
  const ids: string[] = [];
  const seen: string[] = [];
  let offset = log.feed.start(instance);
  for (let round = 0; round < 15; round++) {
    for (let i = 0; i < round % 5; i++) ids.push(await append("flights"));
    const read = await readOn(log.feed, offset, 2);
    seen.push(...read.ids);
    offset = read.offset;
    expect(read.state).toBe("waiting");
    expect(seen).toEqual(ids);
  }
  expect(offset).toEqual(log.position());
  await log.close();
  expect(await readOn(log.feed, offset, 2)).toEqual({ ids: [], offset, state: "done" });
  const next = await openLog({ folder });
  await next.append("flights");
  expect(await next.log.feed.instances()).toEqual([instance, next.instance]);
  expect((await readOn(next.log.feed, next.log.feed.start(instance), 3)).ids).toEqual(ids);
  await next.log.close();
});

test("every single offset is a place to go on from", async () => {
  const { log, append, instance } = await openLog({ segmentBytes: 1000 });
  const ids: string[] = [];
  for (let i = 0; i < 9; i++) ids.push(await append("flights"));
  let offset = log.feed.start(instance);
  for (let i = 0; i < ids.length; i++) {
    expect((await readOn(log.feed, offset, 100)).ids).toEqual(ids.slice(i));
    let chunk = await log.feed.read(offset, 1);
    while (chunk.records.length === 0) chunk = await log.feed.read(chunk.offset, 1);
    offset = chunk.records[0]!.offset;
  }
  await log.close();
});

test("a server that did not stop is recovered at the next start", async () => {
  const dead = await openLog();
  const id = await dead.append("flights");
  const path = join(dead.folder, dead.instance, "00000001.log");
  const { size } = await stat(path);
  await appendFile(path, Buffer.alloc(33, 9));
  expect((await dead.log.feed.read(dead.log.feed.start(dead.instance))).state).toBe("waiting");

  const next = await openLog({ folder: dead.folder });
  expect((await stat(path)).size).toBe(size);
  expect(await readdir(join(dead.folder, dead.instance))).toContain("closed");
  const read = await readOn(next.log.feed, next.log.feed.start(dead.instance), 10);
  expect(read).toMatchObject({ ids: [id], state: "done" });
  expect(JSON.parse(new TextDecoder().decode((await next.log.find(id, null))!))).toMatchObject({ id });
  await next.log.close();
});

test("an offset beyond what a power cut left goes on with nothing", async () => {
  const { log, append, instance } = await openLog();
  await append("flights");
  await log.close();
  const beyond = { instance, segment: 1, byte: 1_000_000 };
  expect(await log.feed.read(beyond)).toEqual({ records: [], offset: beyond, state: "done" });
});

test("close writes what was appended before", async () => {
  const { log, instance } = await openLog();
  const answers: boolean[] = [];
  for (let i = 0; i < 5; i++)
    log.append(flight(instance, "flights", { id: randomUUIDv7() }), {}, (logged) => answers.push(logged));
  await log.close();
  expect(answers).toEqual([true, true, true, true, true]);
  expect(log.stats()).toMatchObject({ records: 5, failed: 0, lagMs: 0 });
  log.append(flight(instance, "flights"), {}, (logged) => answers.push(logged));
  await nextTurn();
  expect(answers.at(-1)).toBe(false);
});
