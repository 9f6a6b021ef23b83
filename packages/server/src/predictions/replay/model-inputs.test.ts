import {
  createData,
  createSink,
  decodeRecord,
  encodeRecord,
  isFloat,
  packColumns,
  recordsToTensors,
  resolveInputs,
  type Datatype,
  type InferenceRecord,
  type InputSpec,
  type Signature,
  type Tensor,
} from "@slipway/runtime";
import fc from "fast-check";
import { expect, test } from "vitest";
import { renderRow } from "../render.ts";
import { flight } from "../testing/log.ts";
import { toOtherInputs, toOwnInputs } from "./model-inputs.ts";

const instance = "01931c3e-7a51-7c60-b3a5-0d2f6f1f2a11";

/** A record as it comes back from the disk. */
function throughLog(inputs: readonly Tensor[], rows: number, extra?: InferenceRecord["extra"]): InferenceRecord {
  const sink = createSink();
  encodeRecord({ ...flight(instance, "e"), inputs, rows, ...(extra ? { extra } : {}) }, sink);
  return decodeRecord(Buffer.from(sink.bytes.subarray(0, sink.length)));
}

const elements = (datatype: Datatype, nullable: boolean): fc.Arbitrary<unknown> => {
  if (datatype === "BYTES") return fc.string({ unit: "grapheme", maxLength: 6 });
  if (datatype === "BOOL") return fc.integer({ min: 0, max: 1 });
  if (datatype === "INT64") return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
  if (datatype === "INT32") return fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
  const value =
    datatype === "FP32"
      ? fc.float({ noNaN: true, noDefaultInfinity: true })
      : fc.double({ noNaN: true, noDefaultInfinity: true });
  return nullable ? fc.oneof({ weight: 4, arbitrary: value }, { weight: 1, arbitrary: fc.constant(NaN) }) : value;
};

const column = (datatypes: readonly Datatype[]) =>
  fc.record({
    datatype: fc.constantFrom(...datatypes),
    shape: fc.constantFrom([-1], [-1, 1]),
    maybe: fc.boolean(),
  });

/** Columns by themselves, or of a matrix whose datatype holds what they hold. */
const arbitrarySignature = fc
  .tuple(
    fc.boolean(),
    fc.array(column(["BYTES", "BOOL", "INT64", "INT32", "FP32", "FP64"]), { minLength: 1, maxLength: 5 }),
  )
  .map(([packed, columns]): Signature => {
    const inputs = columns.map(({ datatype, shape, maybe }, index): InputSpec => {
      const held = packed && (datatype === "BYTES" || datatype === "INT64") ? "INT32" : datatype;
      return { name: `c${index}`, datatype: held, shape, nullable: maybe && isFloat(held) };
    });
    return { inputs, outputs: [], packed: packed ? { tensor: "X", datatype: "FP64" } : null, batched: true };
  });

const arbitraryRequest = arbitrarySignature.chain((signature) =>
  fc.integer({ min: 1, max: 5 }).chain((rows) =>
    fc.record({
      signature: fc.constant(signature),
      rows: fc.constant(rows),
      columns: fc.tuple(
        ...signature.inputs.map((spec) =>
          fc
            .array(elements(spec.datatype, spec.nullable), { minLength: rows, maxLength: rows })
            .map((values): Tensor => ({
              name: spec.name,
              datatype: spec.datatype,
              shape: [rows],
              data: toData(spec.datatype, values),
            })),
        ),
      ),
      order: fc.shuffledSubarray([...signature.inputs], { minLength: signature.inputs.length }),
      face: fc.constantFrom("records", "columns", "matrix"),
    }),
  ),
);

function toData(datatype: Datatype, values: readonly unknown[]): Tensor["data"] {
  const data = createData(datatype, values.length) as unknown[];
  for (const [index, value] of values.entries()) data[index] = value;
  return data as unknown as Tensor["data"];
}

/** As the faces parse them: what goes on record, and what the model is run on. */
function receive({
  signature,
  rows,
  columns,
  order,
  face,
}: typeof arbitraryRequest extends fc.Arbitrary<infer R> ? R : never) {
  if (face === "records") {
    const records = Array.from({ length: rows }, (_, row) => renderRow(columns, { rows, row }));
    const { tensors } = recordsToTensors(signature, records, { extraFields: new Set() });
    return { tensors, run: packColumns(signature, tensors) };
  }
  const matrix = face === "matrix" && signature.packed !== null;
  const tensors = matrix
    ? packColumns(signature, columns)
    : order.map((spec) => columns.find((tensor) => tensor.name === spec.name)!);
  return { tensors, run: resolveInputs(signature, tensors).tensors };
}

test("what is run again is, bit for bit, what was run, in whatever form it came", () => {
  fc.assert(
    fc.property(arbitraryRequest, (request) => {
      const { tensors, run } = receive(request);
      const again = toOwnInputs(request.signature, throughLog(tensors, request.rows));
      if ("reason" in again) throw new Error(again.message);
      expect(again.rows).toBe(request.rows);
      expect(again.tensors.map(bits)).toEqual(run.map(bits));
    }),
    { numRuns: 400 },
  );
});

test("the same fields sent to the same signature come to the same, too", () => {
  fc.assert(
    fc.property(arbitraryRequest, (request) => {
      const { signature, rows } = request;
      const { tensors, run } = receive(request);
      const again = toOtherInputs({ target: signature, recorded: signature }, throughLog(tensors, rows));
      if ("reason" in again) throw new Error(again.message);
      expect(again.tensors.map(bits)).toEqual(run.map(bits));
    }),
    { numRuns: 200 },
  );
});

function bits({ name, datatype, shape, data }: Tensor) {
  const bytes = ArrayBuffer.isView(data)
    ? Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("hex")
    : data;
  return { name, datatype, shape, bytes };
}

test("a bound of a range lets its own rounding pass", () => {
  const spec: InputSpec = { name: "x", datatype: "FP32", shape: [-1], nullable: false, range: [0, 0.1] };
  const signature: Signature = { inputs: [spec], outputs: [], packed: null, batched: true };
  const { tensors } = recordsToTensors(signature, [{ x: 0.1 }], { extraFields: new Set() });
  expect(toOwnInputs(signature, throughLog(tensors, 1))).toMatchObject({ tensors });
  expect(toOwnInputs(signature, throughLog([floats("x", 5)], 1))).toMatchObject({ reason: "inputs_refused" });
  expect(toOtherInputs({ target: signature, recorded: signature }, throughLog(tensors, 1))).toMatchObject({ rows: 1 });
});

const input = (name: string, datatype: Datatype = "FP32", nullable = false): InputSpec => ({
  name,
  datatype,
  shape: [-1],
  nullable,
});
const named = (...inputs: InputSpec[]): Signature => ({ inputs, outputs: [], packed: null, batched: true });
const floats = (name: string, ...values: number[]): Tensor => ({
  name,
  datatype: "FP32",
  shape: [values.length],
  data: Float32Array.from(values),
});

test("fields that were no inputs are inputs where the names fit; a mere missing one is empty or said", () => {
  const record = throughLog([floats("a", 1, 2), floats("b", 3, 4)], 2, [{ c: 5 }, null]);
  const recorded = named(input("a"), input("b"));
  const with_ = (target: Signature) => toOtherInputs({ target, recorded }, record);
  expect(with_(named(input("c", "FP64", true), input("a", "INT64")))).toMatchObject({
    tensors: [
      { name: "c", data: Float64Array.of(5, NaN) },
      { name: "a", data: BigInt64Array.of(1n, 2n) },
    ],
    ignored: ["b"],
    empty: [],
  });
  expect(with_(named(input("a"), input("d", "FP32", true)))).toMatchObject({ ignored: ["b"], empty: ["d"] });
  expect(with_(named(input("a"), input("d")))).toMatchObject({
    reason: "inputs_missing",
    message: expect.stringMatching(/no d,/),
  });
  expect(with_(named(input("c")))).toMatchObject({
    reason: "inputs_refused",
    message: expect.stringMatching(/records\[1\] lacks "c"/),
  });
  expect(with_(named(input("a", "BYTES")))).toMatchObject({ reason: "inputs_refused" });
});

test("a matrix is taken apart by the names of the version that answered", () => {
  const packed = { ...named(input("a"), input("n", "INT64")), packed: { tensor: "X", datatype: "FP32" as const } };
  const matrix = (...values: number[]): Tensor => ({ ...floats("X", ...values), shape: [values.length / 2, 2] });
  const target = named(input("n", "INT64"), input("a"));
  expect(toOtherInputs({ target, recorded: packed }, throughLog([matrix(0.5, 7)], 1))).toMatchObject({
    tensors: [{ data: BigInt64Array.of(7n) }, { data: Float32Array.of(0.5) }],
  });
  // Nobody knows the names of its columns any more.
  expect(toOtherInputs({ target, recorded: null }, throughLog([matrix(0.5, 7)], 1))).toMatchObject({
    reason: "inputs_missing",
  });
  expect(toOtherInputs({ target, recorded: packed }, throughLog([matrix(0.5, NaN)], 1))).toMatchObject({
    reason: "inputs_refused",
  });
});

test("integers of whole columns keep their digits", () => {
  const wide: Tensor = { name: "n", datatype: "INT64", shape: [2], data: BigInt64Array.of(2n ** 62n + 1n, -1n) };
  const target = named(input("n", "INT64"), input("m", "FP32", true));
  expect(toOtherInputs({ target, recorded: null }, throughLog([wide], 2))).toMatchObject({
    tensors: [{ data: wide.data }, {}],
  });
});
