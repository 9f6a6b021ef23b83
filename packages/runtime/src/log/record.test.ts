import fc from "fast-check";
import { randomUUIDv7 } from "node:crypto";
import { expect, test } from "vitest";
import { decodeHeader, decodeRecord } from "./decode.ts";
import { frameHeaderBytes, longLength, tags } from "./format.ts";
import { createPeek, peekRecord, sameBytes } from "./peek.ts";
import { encodeRecord, encodeRoute, redactTensors } from "./record.ts";
import { createSink } from "./sink.ts";
import { arbitraryRequest, arbitraryRoute } from "./testing/arbitraries.ts";
import { plainRecord } from "./testing/records.ts";

test("a record comes back as it was", () => {
  fc.assert(
    fc.property(arbitraryRoute, arbitraryRequest, (route, request) => {
      const sink = createSink(16);
      sink.length = frameHeaderBytes;
      encodeRecord({ route: encodeRoute(route), ...request }, sink);
      const payload = Buffer.from(sink.bytes.subarray(frameHeaderBytes, sink.length));
      expect(decodeRecord(payload)).toEqual({ ...route, ...request });
      const { inputs: _in, outputs: _out, rawBody, ...fields } = request;
      const raw = rawBody && { contentType: rawBody.contentType, length: rawBody.length };
      expect(decodeHeader(payload)).toEqual({ ...route, ...fields, ...(raw ? { rawBody: raw } : {}) });
    }),
  );
});

test("a peek sees what the record says", () => {
  fc.assert(
    fc.property(arbitraryRoute, arbitraryRequest, fc.nat({ max: 20 }), (route, request, before) => {
      const sink = createSink(16);
      sink.length = 0;
      encodeRecord({ route: encodeRoute(route), ...request }, sink);
      const bytes = Buffer.concat([Buffer.alloc(before), sink.bytes.subarray(0, sink.length)]);
      const peek = createPeek();
      expect(peekRecord(bytes, before, bytes.length, peek)).toBe(true);
      expect(peek.at).toBe(request.at / 1000);
      expect(peek.rows).toBe(request.rows);
      expect(bytes.toString("utf8", peek.endpointFrom, peek.endpointTo)).toBe(route.endpoint);
      expect(sameBytes(bytes, peek.idFrom, Buffer.from(request.id.replaceAll("-", ""), "hex"))).toBe(true);
      expect(peek.keyFrom >= 0).toBe(request.keys !== undefined);
    }),
  );
});

test("tags that this version does not know are skipped, short and long ones", () => {
  const sink = createSink();
  encodeRecord(plainRecord({ instance: randomUUIDv7(), id: randomUUIDv7() }), sink);
  const plain = sink.bytes.subarray(0, sink.length);
  const long = Buffer.alloc(7 + 70_000, 200);
  long.writeUInt16LE(longLength, 1);
  long.writeUInt32LE(70_000, 3);
  const later = Buffer.concat([plain.subarray(0, 6), Buffer.from([250, 2, 0, 1, 2]), long, plain.subarray(6)]);
  later.writeUInt32LE(plain.readUInt32LE(2) + 5 + long.length, 2);
  expect(decodeRecord(later)).toEqual(decodeRecord(Buffer.from(plain)));
});

test("a bad id, trace or digest is refused and leaves nothing in the sink", () => {
  const sink = createSink();
  const good = plainRecord({ instance: randomUUIDv7(), id: randomUUIDv7() });
  expect(() => encodeRecord({ ...good, id: "no-uuid" }, sink)).toThrow(TypeError);
  expect(() => encodeRecord({ ...good, id: good.id.replace("-7", "-x") }, sink)).toThrow(TypeError);
  expect(() => encodeRecord({ ...good, trace: { traceId: "ab", spanId: "cd" } }, sink)).toThrow(TypeError);
  expect(sink.length).toBe(0);
  const route = { instance: randomUUIDv7(), epoch: 1, endpoint: "e", revision: 1, model: "m", version: 1 };
  expect(() => encodeRoute({ ...route, digest: "abcd" })).toThrow(TypeError);
});

test("a raw body is cut at 64 KiB and says how long it was", () => {
  const sink = createSink();
  const rawBody = { contentType: "application/json", length: 100_000, bytes: Buffer.alloc(100_000, 7) };
  const record = plainRecord({ instance: randomUUIDv7(), id: randomUUIDv7(), fields: { rows: 0, rawBody } });
  encodeRecord({ ...record, inputs: [], outputs: [] }, sink);
  const back = decodeRecord(Buffer.from(sink.bytes.subarray(0, sink.length)));
  expect(back.rawBody?.length).toBe(100_000);
  expect(back.rawBody?.bytes.length).toBe(65_536);
});

test("redacted values are not in the bytes", () => {
  const sink = createSink();
  const record = plainRecord({ instance: randomUUIDv7(), id: randomUUIDv7() });
  const hidden = redactTensors(record.inputs, new Set(["origin", "absent"]));
  encodeRecord({ ...record, ...hidden }, sink);
  const payload = Buffer.from(sink.bytes.subarray(0, sink.length));
  expect(payload.includes("ATL")).toBe(false);
  const back = decodeRecord(payload);
  expect(back.redacted).toEqual(["origin"]);
  expect(back.inputs.map(({ name, datatype, shape }) => ({ name, datatype, shape }))).toEqual([
    { name: "origin", datatype: "BYTES", shape: [0] },
    { name: "distance", datatype: "FP32", shape: [1] },
  ]);
});

test("fields of more than 64 KB come back whole", () => {
  const sink = createSink();
  const fields = {
    keys: ["k".repeat(70_000)],
    error: { code: "internal", message: "é".repeat(40_000) },
    extra: [{ note: "n".repeat(100_000) }],
  };
  encodeRecord(plainRecord({ instance: randomUUIDv7(), id: randomUUIDv7(), fields }), sink);
  expect(decodeRecord(Buffer.from(sink.bytes.subarray(0, sink.length)))).toMatchObject(fields);
});

test("tags are unique", () => {
  expect(new Set(Object.values(tags)).size).toBe(Object.keys(tags).length);
});
