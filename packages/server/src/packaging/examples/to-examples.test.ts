import { SlipwayError } from "@slipway/contract";
import { decodeExamples, defaultTolerance, encodeExamples, type Signature } from "@slipway/runtime";
import { describe, expect, test } from "vitest";
import { toExamples } from "./to-examples.ts";

const signature: Signature = {
  inputs: [
    { name: "origin", datatype: "BYTES", shape: [-1], nullable: false },
    { name: "hour", datatype: "INT64", shape: [-1], nullable: false, range: [0, 23] },
    { name: "share", datatype: "FP32", shape: [-1], nullable: true },
  ],
  outputs: [
    { name: "late", datatype: "FP32", shape: [-1, 2], classes: ["on_time", "late"] },
    { name: "label", datatype: "INT64", shape: [-1], classes: ["on_time", "late"] },
    { name: "minutes", datatype: "FP32", shape: [-1] },
    { name: "code", datatype: "FP32", shape: [-1, 3] },
  ],
  packed: null,
  batched: true,
};
const inputs = { origin: "ATL", hour: 8, share: null };

const read = (records: readonly unknown[], of = signature) =>
  toExamples(of, records, { file: "e.json", tolerance: defaultTolerance });
const recorded = (...outputs: Record<string, unknown>[]) => read(outputs.map((each) => ({ inputs, outputs: each })));

function fault(records: readonly unknown[], of = signature): SlipwayError {
  try {
    read(records, of);
  } catch (error) {
    if (SlipwayError.is(error)) return error;
    throw error;
  }
  throw new Error("It was taken.");
}
const faulty = (...outputs: Record<string, unknown>[]) => fault(outputs.map((each) => ({ inputs, outputs: each })));

describe("the forms of an output", () => {
  test("plain, null for NaN, list", () => {
    const { expected } = recorded({ minutes: 1.5, code: [1, 2, 3] }, { minutes: null, code: [4, "NaN", 6] });
    expect(expected.map(({ output, form }) => [output, form])).toEqual([
      ["minutes", "value"],
      ["code", "value"],
    ]);
    expect(expected[0]!.tensor.data).toEqual(Float32Array.of(1.5, NaN));
    expect(expected[1]!.tensor).toMatchObject({ shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, NaN, 6) });
  });

  test("a class by its name, also of whole numbers, where it is its index", () => {
    const { expected } = recorded({ late: "late", label: "late" }, { late: "on_time", label: "on_time" });
    expect(expected[0]).toMatchObject({ output: "late", form: "class", tensor: { data: Int32Array.of(1, 0) } });
    expect(expected[1]).toMatchObject({ output: "label", form: "value", tensor: { data: BigInt64Array.of(1n, 0n) } });
  });

  test("probabilities: of all classes or some, as a list, with the class as predict writes it", () => {
    const data = (row: unknown) => recorded({ late: row }).expected.map(({ tensor }) => [...tensor.data]);
    expect(data({ late: 0.75, on_time: 0.25 })).toEqual([[0.25, 0.75]]);
    expect(data({ late: 0.75 })).toEqual([[0.75]]);
    expect(data([0.25, 0.75])).toEqual([[0.25, 0.75]]);
    expect(data(0.75)).toEqual([[0.75]]);
    expect(data({ class: "late", probabilities: { on_time: 0.25, late: 0.75 } })).toEqual([[1], [0.25, 0.75]]);
    expect(recorded({ late: { late: 0.75 } }).expected[0]).toMatchObject({ form: "probabilities", classes: [1] });
  });

  test("flat columns: NAME and NAME_p_CLASS beside the inputs", () => {
    const flat = { ...inputs, late: "late", late_p_on_time: 0.25, late_p_late: 0.75, minutes: 3 };
    const { rows, expected } = read([flat, { ...flat, late: "on_time" }]);
    expect(rows).toBe(2);
    expect(expected.map(({ output, form }) => `${output} ${form}`)).toEqual([
      "late class",
      "late probabilities",
      "minutes value",
    ]);
    expect(expected[1]!.tensor).toMatchObject({ shape: [2, 2], data: Float32Array.of(0.25, 0.75, 0.25, 0.75) });
  });

  test("a table of text has numbers as text", () => {
    const { expected } = read([{ ...inputs, late_p_late: "0.75", minutes: "3e1", label: "late" }]);
    expect(expected.map(({ tensor }) => Number(tensor.data[0]))).toEqual([0.75, 1, 30]);
  });
});

describe("what is wrong is named with its row and column", () => {
  const row = (extra: object) => ({ inputs, outputs: { minutes: 1 }, ...extra });
  test.each<[string, () => SlipwayError, RegExp]>([
    ["no rows", () => fault([]), /there is none/],
    ["no outputs", () => fault([inputs]), /no output is recorded.*late, label, minutes, code/],
    ["too many", () => fault(new Array(10_001).fill(row({}))), /10001 rows are more than the 10000/],
    [
      "an unknown column",
      () => fault([{ ...inputs, minuts: 1 }]),
      /row 0 .*"minuts", is unknown.*Did you mean "minutes"/,
    ],
    ["an unknown output", () => faulty({ minuts: 1 }), /"minuts", is unknown; there are: late, label/],
    ["another key", () => fault([row({ output: {} })]), /"output", is unknown: a row has "inputs" and "outputs"/],
    [
      "a wrong input",
      () => fault([row({}), row({ inputs: { ...inputs, hour: 24 } })]),
      /row 1 .*"hour".*from 0 to 23, got 24/,
    ],
    ["a missing input", () => fault([row({}), row({ inputs: { origin: "ATL" } })]), /row 1 .*lacks "hour"/],
    [
      "a missing output",
      () => faulty({ minutes: 1 }, { late: 0.5 }),
      /row 1 .*recorded here, but not in the first row/,
    ],
    ["a value", () => faulty({ minutes: 1 }, { minutes: "soon" }), /row 1 .*"minutes".*got the string "soon"/],
    [
      "a class",
      () => faulty({ label: "late" }, { label: "never" }),
      /row 1 .*"label", names the string "never".*on_time, late/,
    ],
    ["a class of floats", () => faulty({ late: "never" }), /expected a class \(on_time, late\)/],
    ["a class's name", () => faulty({ late: { never: 1 } }), /"never", which is no class/],
    ["a short list", () => faulty({ late: [1] }), /a list of 1, but there are 2 classes/],
    [
      "mixed forms",
      () => faulty({ late: 0.5 }, { late: { on_time: 0.5 } }),
      /row 1 .*other classes than the first row/,
    ],
    ["a shape", () => faulty({ code: [1, 2, 3] }, { code: [1, 2] }), /row 1 .*not of the shape \[3\]/],
  ])("%s", (_, make, message) => {
    const error = make();
    expect(error.code).toBe("invalid_file");
    expect(error.message).toMatch(message);
    expect(error.details["file"]).toBe("e.json");
  });
});

test("a name of both an input and an output needs the nested form", () => {
  const both: Signature = { ...signature, outputs: [{ name: "hour", datatype: "INT64", shape: [-1] }] };
  expect(fault([inputs], both).message).toMatch(/names an input and an output; write \{inputs/);
  expect(read([{ inputs, outputs: { hour: 9 } }], both).expected[0]!.tensor.data).toEqual(BigInt64Array.of(9n));
});

test("a model without a batch gets one request a row", () => {
  const single: Signature = {
    inputs: [{ name: "x", datatype: "FP64", shape: [1, 2], nullable: false }],
    outputs: [{ name: "y", datatype: "FP64", shape: [1, 2] }],
    packed: null,
    batched: false,
  };
  const { requests, expected } = read(
    [
      { inputs: { x: [1, 2] }, outputs: { y: [3, 4] } },
      { inputs: { x: [5, 6] }, outputs: { y: [7, 8] } },
    ],
    single,
  );
  expect(requests).toHaveLength(2);
  expect(expected[0]!.tensor.data).toEqual(Float64Array.of(3, 4, 7, 8));
});

test("they survive their file, and a stranger's file is refused", () => {
  const examples = read([{ ...inputs, origin: "é", late_p_late: 0.75, minutes: 1, label: "late" }]);
  expect(decodeExamples(encodeExamples(examples))).toEqual(examples);
  const bytes = encodeExamples(examples);
  bytes.writeUInt32LE(2, 8);
  expect(() => decodeExamples(bytes)).toThrow(/its format is 2, and this Slipway reads 1/);
  expect(() => decodeExamples(Buffer.from("{}"))).toThrow(/does not begin as one/);
  expect(() => decodeExamples(encodeExamples(examples).subarray(0, -8))).toThrow(/no file of examples/);
});
