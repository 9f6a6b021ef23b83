import fc from "fast-check";
import { randomUUIDv7 } from "node:crypto";
import { mkdtemp, readFile, readdir, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { decodeHeader, decodeRecord, isInference } from "./decode.ts";
import { toFrame } from "./erased-record.ts";
import { besideSegment, eraseFromSegment } from "./erase-segment.ts";
import { encodeSegmentHeader, erasedRecord, frameHeaderBytes, readUuid, segmentHeaderBytes } from "./format.ts";
import { walkFrames } from "./frames.ts";
import { peekErased } from "./peek.ts";
import { readSegment } from "./reader.ts";
import { type RequestFields, encodeRecord, encodeRoute } from "./record.ts";
import type { Tensor } from "../tensor.ts";
import { decodeRowSet, encodeRowSet } from "./row-set.ts";
import { createSink } from "./sink.ts";
import { plainRecord } from "./testing/records.ts";

const instance = randomUUIDv7();

interface Request {
  readonly id: string;
  /** One person a row. */
  readonly people: readonly string[];
  readonly numbers: readonly number[];
  readonly keyed: boolean;
  readonly extra: boolean;
  readonly texts: boolean;
  readonly message: boolean;
}

/** Names that are found in the bytes of a file by nothing but themselves. */
const person = fc.integer({ min: 1000, max: 9999 }).map((number) => `person-${number}-é`);
const request: fc.Arbitrary<Request> = fc.record({
  id: fc.uuid({ version: 7 }),
  people: fc.array(person, { minLength: 1, maxLength: 12 }),
  numbers: fc.array(fc.integer({ min: 1, max: 1_000_000 }), { minLength: 12, maxLength: 12 }),
  keyed: fc.boolean(),
  extra: fc.boolean(),
  texts: fc.boolean(),
  message: fc.boolean(),
});

function toFields({ id, people, numbers, keyed, extra, texts, message }: Request): RequestFields {
  const rows = people.length;
  const values = Float32Array.from(numbers.slice(0, rows));
  return {
    id,
    at: 5_000_000,
    status: message ? "error" : "ok",
    rows,
    pinned: false,
    face: "predict",
    durations: { parse: 1, queue: 2, run: 3, total: 7 },
    batchRows: rows,
    ...(keyed ? { keys: people } : {}),
    ...(extra ? { extra: people.map((name) => ({ name, note: `for ${name}` })) } : {}),
    ...(message ? { error: { code: "invalid_input", message: `${people.join(", ")} cannot be` } } : {}),
    inputs: [
      ...(texts ? [{ name: "who", datatype: "BYTES" as const, shape: [rows, 1], data: people }] : []),
      { name: "amount", datatype: "FP32", shape: [rows], data: values },
    ],
    outputs: [{ name: "score", datatype: "FP32", shape: [rows, 1], data: values.map((value) => value * 2) }],
  };
}

const route = encodeRoute({
  instance,
  epoch: 1,
  endpoint: "loans",
  revision: 1,
  model: "loans",
  version: 1,
  digest: "ab".repeat(32),
});

function toPayload(fields: RequestFields): Buffer {
  const sink = createSink();
  encodeRecord({ route, ...fields }, sink);
  return Buffer.from(sink.bytes.subarray(0, sink.length));
}

async function writeSegment(payloads: readonly Buffer[]): Promise<string> {
  const path = join(await mkdtemp(join(tmpdir(), "slipway-")), "00000001.log");
  const header = encodeSegmentHeader({ instance, segment: 1, createdAt: 1 });
  await writeFile(path, Buffer.concat([header, ...payloads.map(toFrame)]));
  return path;
}

interface Piece {
  readonly at: number;
  readonly bytes: Buffer;
}

function framesOf(bytes: Buffer): Piece[] {
  const frames: Piece[] = [];
  const end = walkFrames(bytes, { from: segmentHeaderBytes, to: bytes.length }, (from, to) => {
    frames.push({ at: from, bytes: bytes.subarray(from - frameHeaderBytes, to) });
  });
  expect(end.state).toBe("done");
  return frames;
}

const rowSet = (rows: Parameters<typeof encodeRowSet>[0]) => decodeRowSet(encodeRowSet(rows));

test("erased people are nowhere in the file, every frame keeps its place, and all others are as they were", async () => {
  const requests = fc.uniqueArray(request, { selector: ({ id }) => id, minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(requests, fc.nat({ max: 1000 }), async (all, pick) => {
      const names = all.flatMap(({ people }) => people);
      const gone = names[pick % names.length] as string;
      const path = await writeSegment(all.map((one) => toPayload(toFields(one))));
      const before = framesOf(await readFile(path));
      const rows = all.flatMap(({ id, people }) => people.flatMap((name, row) => (name === gone ? [{ id, row }] : [])));
      const erasure = await eraseFromSegment(path, rowSet(rows));
      const bytes = await readFile(path);
      expect(bytes.includes(gone)).toBe(false);
      expect(erasure.rows).toBe(rows.length + erasure.widened.length);
      const after = framesOf(bytes);
      expect(after.map(({ at }) => at)).toEqual(before.map(({ at }) => at));
      all.forEach((one, i) => {
        if (!one.people.includes(gone)) expect(after[i]?.bytes).toEqual(before[i]?.bytes);
        else expectErased(one, gone, after[i]?.bytes as Buffer);
      });
      expect(await eraseFromSegment(path, rowSet(rows))).toMatchObject({ rows: 0 });
      expect(await readFile(path)).toEqual(bytes);
    }),
    { numRuns: 60 },
  );
});

function expectErased(one: Request, gone: string, frame: Buffer): void {
  const payload = frame.subarray(frameHeaderBytes);
  if (!isInference(payload)) {
    expect(payload[0]).toBe(erasedRecord);
    expect(readUuid(payload, peekErased(payload, 0, payload.length))).toBe(one.id);
    expect(payload.subarray(25).every((byte) => byte === 0)).toBe(true);
    return;
  }
  const fields = toFields(one);
  const record = decodeRecord(payload);
  const isGone = one.people.map((name) => name === gone);
  expect(record.erasedRows).toEqual(isGone.flatMap((is, row) => (is ? [row] : [])));
  const left = <T>(values: readonly T[], empty: T) => values.map((value, row) => (isGone[row] ? empty : value));
  const keys = one.keyed ? left<string | null>(one.people, null) : undefined;
  expect(record.keys).toEqual(keys?.some((key) => key !== null) ? keys : undefined);
  if (fields.extra) expect(record.extra).toEqual(left<object | null>(fields.extra, null));
  expect(record).toMatchObject({ id: one.id, rows: one.people.length, endpoint: "loans", status: fields.status });
  const amounts = Float32Array.from(left(one.numbers.slice(0, one.people.length), 0));
  expect(record.inputs.at(-1)?.data).toEqual(amounts);
  expect(record.outputs[0]?.data).toEqual(amounts.map((value) => value * 2));
  if (one.texts) expect(record.inputs[0]?.data).toEqual(left(one.people, ""));
  if (one.message) expect(record.error).toEqual({ code: "invalid_input", message: "" });
}

test("rows that go one after the other end where all at once do", async () => {
  const people = ["ann", "ben", "cho", "dee"];
  const one = {
    id: randomUUIDv7(),
    people,
    numbers: [1, 2, 3, 4],
    keyed: true,
    extra: true,
    texts: true,
    message: false,
  };
  const path = await writeSegment([toPayload(toFields(one))]);
  for (const [row, left] of [
    [2, [2]],
    [0, [0, 2]],
    [3, [0, 2, 3]],
  ] as const) {
    expect(await eraseFromSegment(path, rowSet([{ id: one.id, row }]))).toMatchObject({ rows: 1, partRequests: 1 });
    const [frame] = framesOf(await readFile(path));
    expect(decodeHeader(frame!.bytes.subarray(frameHeaderBytes)).erasedRows).toEqual(left);
  }
  const last = await eraseFromSegment(path, rowSet([{ id: one.id, row: 1 }]));
  expect(last).toMatchObject({ rows: 1, wholeRequests: 1, partRequests: 0, widened: [] });
  expect((await readFile(path)).includes("ben")).toBe(false);
});

test("a request of numbers alone keeps its other rows, few of many and many of some", async () => {
  const rows = 200;
  const fields = (id: string): RequestFields => ({
    ...toFields({ id, people: ["x"], numbers: [1], keyed: false, extra: false, texts: false, message: false }),
    rows,
    inputs: [{ name: "a", datatype: "FP32", shape: [rows], data: new Float32Array(rows).fill(7) }],
    outputs: [],
  });
  for (const wanted of [[199], [0, 7, 8, 150], Array.from({ length: 190 }, (_, i) => i)]) {
    const id = randomUUIDv7();
    const path = await writeSegment([toPayload(fields(id))]);
    const erasure = await eraseFromSegment(path, rowSet(wanted.map((row) => ({ id, row }))));
    expect(erasure).toMatchObject({ rows: wanted.length, partRequests: 1, widened: [] });
    const record = decodeRecord(framesOf(await readFile(path))[0]!.bytes.subarray(frameHeaderBytes));
    expect(record.erasedRows).toEqual(wanted);
    expect([...((record.inputs[0] as Tensor).data as Float32Array)].filter((value) => value === 7)).toHaveLength(
      rows - wanted.length,
    );
  }
});

test("where the rest does not fit, or values belong to no row, the whole request goes, and it is told", async () => {
  const rows = 5000;
  const numbers = (id: string): RequestFields => ({
    ...toFields({ id, people: ["x"], numbers: [1], keyed: false, extra: false, texts: false, message: false }),
    rows,
    inputs: [{ name: "a", datatype: "UINT8", shape: [rows], data: new Uint8Array(rows).fill(7) }],
    outputs: [],
  });
  const [many, shared] = [randomUUIDv7(), randomUUIDv7()];
  const two = toFields({
    id: shared,
    people: ["ann", "ben"],
    numbers: [1, 2],
    keyed: true,
    extra: false,
    texts: true,
    message: false,
  });
  const context = { name: "context", datatype: "BYTES" as const, shape: [1], data: ["ann and ben"] };
  const path = await writeSegment([toPayload(numbers(many)), toPayload({ ...two, inputs: [...two.inputs, context] })]);
  const wanted = Array.from({ length: 2500 }, (_, i) => ({ id: many, row: 2 * i }));
  const erasure = await eraseFromSegment(path, rowSet([...wanted, { id: shared, row: 0 }]));
  expect(erasure).toMatchObject({ rows: rows + 2, wholeRequests: 2, partRequests: 0 });
  expect(erasure.widened).toHaveLength(2501);
  expect(erasure.widened.at(-1)).toEqual({ id: shared, row: 1 });
  expect(framesOf(await readFile(path)).every(({ bytes }) => bytes[frameHeaderBytes] === erasedRecord)).toBe(true);
});

test("a body that did not parse goes with its request; other segments are not touched", async () => {
  const id = randomUUIDv7();
  const rawBody = { contentType: "text/plain", length: 11, bytes: Buffer.from("alice wants") };
  const fields = {
    rows: 0,
    status: "error" as const,
    inputs: [],
    outputs: [],
    user: "alice",
    requestId: "alice-1",
    rawBody,
  };
  const path = await writeSegment([toPayload(plainRecord({ instance, id, fields }))]);
  const other = await writeSegment([toPayload(plainRecord({ instance, id: randomUUIDv7() }))]);
  const { mtimeMs } = await stat(path);
  const rows = rowSet([{ id, row: 0 }]);
  expect(await eraseFromSegment(path, rows)).toMatchObject({ rows: 1, wholeRequests: 1 });
  expect((await readFile(path)).includes("alice")).toBe(false);
  expect((await stat(path)).mtimeMs).toBeCloseTo(mtimeMs, -1);
  const { ino } = await stat(other);
  expect(await eraseFromSegment(other, rows)).toMatchObject({ rows: 0 });
  expect((await stat(other)).ino).toBe(ino);
});

test("damage is told, and what a crash left beside is made again", async () => {
  const ids = [randomUUIDv7(), randomUUIDv7(), randomUUIDv7()];
  const path = await writeSegment(ids.map((id) => toPayload(plainRecord({ instance, id }))));
  const bytes = await readFile(path);
  bytes[bytes.indexOf("ATL")] = 0;
  await writeFile(path, Buffer.concat([bytes, Buffer.from([9, 9])]));
  await writeFile(besideSegment(path), "left by a crash");
  const erasure = await eraseFromSegment(path, rowSet([{ id: ids[2] as string, row: 0 }]));
  const frame = (bytes.length - segmentHeaderBytes) / 3;
  expect(erasure).toMatchObject({ rows: 1, unreadableBytes: frame - frameHeaderBytes + 2 });
  expect(await readdir(join(path, ".."))).toEqual(["00000001.log"]);
  await eraseFromSegment(path, rowSet([{ id: ids[0] as string, row: 0 }]));
  const left: string[] = [];
  for await (const { payload } of readSegment(path, 0)) if (isInference(payload)) left.push(decodeHeader(payload).id);
  expect(left).toEqual([ids[1]]);
});

test("rows are found by the id of their request", () => {
  const entry = fc.record({ id: fc.uuid({ version: 7 }), row: fc.nat({ max: 0xffff_ffff }) });
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 20 }), (entries) => {
      const set = rowSet([...entries, ...entries]);
      const wanted = new Set(entries.map(({ id, row }) => `${id}/${row}`));
      expect(new Set(Array.from(set.entries(), ({ id, row }) => `${id}/${row}`))).toEqual(wanted);
      expect(set.size).toBe(wanted.size);
      for (const { id } of entries) {
        const rows = [...new Set(entries.filter((other) => other.id === id).map(({ row }) => row))];
        expect(set.rowsOf(Buffer.from(`00${id.replaceAll("-", "")}`, "hex"), 1)).toEqual(rows.sort((a, b) => a - b));
      }
      expect(set.rowsOf(Buffer.alloc(16), 0)).toEqual([]);
    }),
  );
  expect(() => decodeRowSet(Buffer.from("something else, of 16 bytes"))).toThrow(RangeError);
  expect(() => decodeRowSet(encodeRowSet([{ id: randomUUIDv7(), row: 1 }]).subarray(0, 30))).toThrow(RangeError);
});
