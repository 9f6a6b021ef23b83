import { randomUUIDv7 } from "node:crypto";
import { mkdtemp, readdir, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { decodeRecord } from "./decode.ts";
import { closedFile, segmentFile } from "./format.ts";
import { listSegments, readSegment } from "./reader.ts";
import { plainRecord } from "./testing/records.ts";
import { type LogWriter, type LogWriterOptions, createLogWriter } from "./writer.ts";

async function open(options: Partial<LogWriterOptions> = {}) {
  const folder = await mkdtemp(join(tmpdir(), "slipway-"));
  const instance = randomUUIDv7();
  const errors: unknown[] = [];
  const writer = createLogWriter({
    folder,
    instance,
    now: () => Date.now(),
    onError: (error) => errors.push(error),
    ...options,
  });
  return { writer, instance, errors, folder: join(folder, instance) };
}

function append(writer: LogWriter, instance: string, options: Parameters<LogWriter["append"]>[1] = {}) {
  const id = randomUUIDv7();
  return new Promise<{ id: string; logged: boolean }>((resolve) =>
    writer.append(plainRecord({ instance, id }), options, (logged) => resolve({ id, logged })),
  );
}

async function idsOf(folder: string): Promise<string[]> {
  const ids: string[] = [];
  for (const segment of await listSegments(folder))
    for await (const { payload } of readSegment(join(folder, segmentFile(segment)), 0))
      ids.push(decodeRecord(payload).id);
  return ids;
}

test("all records of one turn are one write, on file before the first answer", async () => {
  const { writer, instance, folder } = await open();
  const sizes: Promise<number>[] = [];
  const answers = Array.from({ length: 20 }, async () => {
    const answer = await append(writer, instance);
    sizes.push(stat(join(folder, segmentFile(1))).then(({ size }) => size));
    return answer;
  });
  const results = await Promise.all(answers);
  expect(results.every(({ logged }) => logged)).toBe(true);
  expect(writer.counters()).toMatchObject({ records: 20, writes: 1, failed: 0, segments: 1, lagMs: 0, syncs: 0 });
  expect(new Set(await Promise.all(sizes))).toEqual(new Set([writer.position().byte]));
  expect(await idsOf(folder)).toEqual(results.map(({ id }) => id));
  await writer.close();
});

test("segments are begun lazily, grow to their size and hold whole turns", async () => {
  const { writer, instance, folder } = await open({ segmentBytes: 1000 });
  expect(writer.position()).toEqual({ instance, segment: 1, byte: 64 });
  const ids: string[] = [];
  for (let turn = 0; turn < 6; turn++) {
    const results = await Promise.all([append(writer, instance), append(writer, instance)]);
    ids.push(...results.map(({ id }) => id));
  }
  expect(writer.position()).toMatchObject({ segment: 6 });
  await writer.close();
  expect((await readdir(folder)).sort()).toEqual([
    ...Array.from({ length: 6 }, (_, i) => segmentFile(i + 1)),
    closedFile,
  ]);
  expect(await idsOf(folder)).toEqual(ids);
  expect(await append(writer, instance)).toMatchObject({ logged: false });
});

test("a writer that wrote nothing leaves nothing", async () => {
  const { writer, folder } = await open();
  await writer.close();
  await expect(stat(folder)).rejects.toThrow("ENOENT");
});

test("disk durability shares syncs, and does not hold up the records that did not ask for it", async () => {
  const { writer, instance } = await open();
  const order: string[] = [];
  const slow = Array.from({ length: 10 }, () =>
    append(writer, instance, { durability: "disk" }).then(({ logged }) => order.push(`disk ${logged}`)),
  );
  const fast = append(writer, instance).then(({ logged }) => order.push(`process ${logged}`));
  await Promise.all([...slow, fast]);
  expect(order).toEqual(["process true", ...Array.from({ length: 10 }, () => "disk true")]);
  expect(writer.counters()).toMatchObject({ records: 11, writes: 1, syncs: 1, lagMs: 0 });
  await writer.close();
});

test("a disk record whose segment is full and left behind is still synced before its answer", async () => {
  const { writer, instance } = await open({ segmentBytes: 100 });
  const results = await Promise.all(
    Array.from({ length: 5 }, async () => append(writer, instance, { durability: "disk" })),
  );
  await append(writer, instance);
  await writer.close();
  expect(results.every(({ logged }) => logged)).toBe(true);
});

test("at the reserve records are refused, and taken again when there is room", async () => {
  let free = 500;
  let now = 1_000_000;
  const { writer, instance } = await open({ reserveBytes: 1000, freeBytes: () => free, now: () => now });
  expect(await append(writer, instance)).toMatchObject({ logged: false });
  expect(writer.counters()).toMatchObject({ refusing: true, failed: 1, records: 0 });
  free = 5000;
  expect(await append(writer, instance)).toMatchObject({ logged: false });
  now += 1000;
  expect(await append(writer, instance)).toMatchObject({ logged: false });
  expect(await append(writer, instance)).toMatchObject({ logged: true });
  free = 999;
  now += 999;
  expect(await append(writer, instance)).toMatchObject({ logged: true });
  now += 1;
  await append(writer, instance);
  expect(await append(writer, instance)).toMatchObject({ logged: false });
  await writer.close();
});

test("a record that cannot be encoded is refused alone", async () => {
  const { writer, instance, folder, errors } = await open();
  const bad = new Promise((resolve) => writer.append(plainRecord({ instance, id: "bad" }), {}, resolve));
  const good = append(writer, instance);
  expect(await bad).toBe(false);
  expect(errors).toHaveLength(1);
  expect(await idsOf(folder)).toEqual([(await good).id]);
  await writer.close();
});

test("an answer that throws or appends again disturbs nobody", async () => {
  const { writer, instance, folder, errors } = await open();
  const again = new Promise<{ id: string }>((resolve) =>
    writer.append(plainRecord({ instance, id: randomUUIDv7() }), {}, () => {
      resolve(append(writer, instance));
      throw new Error("answer");
    }),
  );
  const other = append(writer, instance);
  await again;
  expect((await other).logged).toBe(true);
  expect(errors).toHaveLength(1);
  expect(await idsOf(folder)).toHaveLength(3);
  await writer.close();
});

test("rotate ends the segment that grows, at any time, and what follows is in the next one", async () => {
  const { writer, instance, folder } = await open();
  await writer.rotate();
  expect(writer.position()).toEqual({ instance, segment: 1, byte: 64 });
  const first = append(writer, instance);
  await writer.rotate();
  expect(await first).toMatchObject({ logged: true });
  await writer.rotate();
  expect(writer.position()).toEqual({ instance, segment: 2, byte: 64 });
  expect(await readdir(folder)).toEqual([segmentFile(1)]);
  const second = await append(writer, instance);
  expect(writer.position()).toMatchObject({ segment: 2 });
  await writer.close();
  expect(await idsOf(folder)).toEqual([(await first).id, second.id]);
});
