import fc from "fast-check";
import { arrayTypes } from "../../datatype.ts";
import { type Datatype, type Tensor, datatypes } from "../../tensor.ts";
import { statuses } from "../format.ts";
import type { RequestFields, RouteFields } from "../record.ts";

const hex = (digits: number) =>
  fc
    .array(fc.integer({ min: 0, max: 15 }), { minLength: digits, maxLength: digits })
    .map((nibbles) => nibbles.map((nibble) => nibble.toString(16)).join(""));
const u32 = fc.nat({ max: 0xffff_ffff });
const text = fc.string({ unit: "grapheme", maxLength: 60 });

export const arbitraryRoute: fc.Arbitrary<RouteFields> = fc.record(
  {
    instance: fc.uuid({ version: 7 }),
    epoch: u32,
    endpoint: text,
    revision: fc.option(u32),
    model: fc.option(text),
    version: fc.option(u32),
    digest: fc.option(hex(64)),
    arm: text,
    rule: text,
    propensity: fc.double({ noNaN: true }),
  },
  { requiredKeys: ["instance", "epoch", "endpoint", "revision", "model", "version", "digest"] },
);

export const arbitraryTensor: fc.Arbitrary<Tensor> = fc
  .tuple(fc.constantFrom(...datatypes), fc.array(fc.nat({ max: 4 }), { maxLength: 3 }), text)
  .chain(([datatype, shape, name]) => {
    const count = shape.reduce((product, dim) => product * dim, 1);
    return arbitraryData(datatype, count).map((data) => ({ name, datatype, shape, data }));
  });

function arbitraryData(datatype: Datatype, count: number): fc.Arbitrary<Tensor["data"]> {
  const exactly = { minLength: count, maxLength: count };
  if (datatype === "BYTES") {
    // Bytes that are UTF-8 come back as text, so only others are given as bytes here.
    const raw = fc.uint8Array({ maxLength: 5 }).map((bytes) => Uint8Array.from([0xff, ...bytes]));
    return fc.array(fc.oneof(text, raw), exactly);
  }
  if (datatype === "BOOL") return fc.array(fc.constantFrom(0, 1), exactly).map((bits) => Uint8Array.from(bits));
  const arrayType = arrayTypes[datatype];
  const bytes = count * arrayType.BYTES_PER_ELEMENT;
  return fc
    .uint8Array({ minLength: bytes, maxLength: bytes })
    .map((raw) => new arrayType(Uint8Array.from(raw).buffer, 0, count));
}

export const arbitraryRequest: fc.Arbitrary<RequestFields> = fc
  .nat({ max: 4 })
  .chain(arbitraryRows)
  .map(({ keys, ...request }) => (keys?.some((key) => key !== null) ? { ...request, keys } : request));

function arbitraryRows(rows: number): fc.Arbitrary<RequestFields> {
  return fc.record(
    {
      id: fc.uuid({ version: 7 }),
      at: fc.integer({ min: 0, max: 4_102_444_800_000_000 }),
      status: fc.constantFrom(...statuses),
      rows: fc.constant(rows),
      pinned: fc.boolean(),
      face: fc.constantFrom("predict", "oip"),
      keys: fc.array(fc.option(text), { minLength: rows, maxLength: rows }),
      trace: fc.record({ traceId: hex(32), spanId: hex(16) }),
      durations: fc.record({ parse: u32, queue: u32, run: u32, total: u32 }),
      batchRows: u32,
      error: fc.record({ code: text, message: text }),
      requestId: text,
      user: text,
      extra: fc.array(fc.option(fc.dictionary(text, fc.oneof(text, fc.integer(), fc.constant(null)))), {
        minLength: rows,
        maxLength: rows,
      }),
      fallback: text,
      redacted: fc.array(text, { maxLength: 3 }),
      rawBody: fc.record({
        contentType: text,
        length: u32,
        bytes: fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes)),
      }),
      shadowOf: fc.record({ id: fc.uuid({ version: 7 }), row: u32 }),
      bucket: fc.nat({ max: 9_999 }),
      inputs: fc.array(arbitraryTensor, { maxLength: 4 }),
      outputs: fc.array(arbitraryTensor, { maxLength: 3 }),
    },
    {
      requiredKeys: ["id", "at", "status", "rows", "pinned", "face", "durations", "batchRows", "inputs", "outputs"],
    },
  );
}
