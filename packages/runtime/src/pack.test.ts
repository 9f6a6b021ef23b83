import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toData } from "./codec/testing/arbitraries.ts";
import { packColumns, resolveInputs, unpackColumns } from "./pack.ts";
import type { InputSpec, Signature } from "./signature.ts";
import type { Datatype, Tensor } from "./tensor.ts";

const input = (name: string, datatype: Datatype, more: Partial<InputSpec> = {}): InputSpec => ({
  name,
  datatype,
  shape: [-1, 1],
  nullable: false,
  ...more,
});
function tensor(...[name, datatype, shape, values]: [string, Datatype, number[], unknown[]]): Tensor {
  return { name, datatype, shape, data: toData(datatype, values) };
}

const packed: Signature = {
  inputs: [
    input("hour", "INT64", { range: [0, 23] }),
    input("distance", "FP32"),
    input("late", "FP32", { nullable: true }),
  ],
  outputs: [],
  packed: { tensor: "X", datatype: "FP32" },
  batched: true,
};
const named: Signature = { ...packed, packed: null };

const columns = [
  tensor("hour", "INT64", [2, 1], [8n, 23n]),
  tensor("distance", "FP32", [2], [0.1, 5]),
  tensor("late", "FP32", [2, 1], [NaN, 1]),
];
const matrix = tensor("X", "FP32", [2, 3], [8, 0.1, NaN, 23, 5, 1]);

describe("resolveInputs", () => {
  test("named columns in any order, as the model wants them", () => {
    const { tensors, rows } = resolveInputs(named, columns.toReversed());
    expect(rows).toBe(2);
    expect(tensors.map(({ name, shape }) => [name, shape])).toEqual([
      ["hour", [2, 1]],
      ["distance", [2, 1]],
      ["late", [2, 1]],
    ]);
  });

  test("[N, 1] stands for [N] as well", () => {
    const flat: Signature = { ...named, inputs: [input("distance", "FP32", { shape: [-1] })] };
    expect(resolveInputs(flat, [tensor("distance", "FP32", [2, 1], [1, 2])]).tensors[0]!.shape).toEqual([2]);
  });

  test("columns and matrix are the same to a packed model", () => {
    expect(resolveInputs(packed, columns)).toEqual({ tensors: [matrix], rows: 2 });
    expect(resolveInputs(packed, [matrix])).toEqual({ tensors: [matrix], rows: 2 });
    expect(resolveInputs(packed, columns.slice(0, 2)).tensors[0]!.data).toEqual(
      Float32Array.of(8, 0.1, NaN, 23, 5, NaN),
    );
  });

  test("a matrix of one column may bear the column's name", () => {
    const one: Signature = { ...packed, inputs: [input("X", "FP64")], packed: { tensor: "X", datatype: "FP32" } };
    const expected = tensor("X", "FP32", [2, 1], [1, 2]);
    expect(resolveInputs(one, [tensor("X", "FP64", [2], [1, 2])]).tensors).toEqual([expected]);
    expect(resolveInputs(one, [expected]).tensors).toEqual([expected]);
  });

  test("a model without a batch takes exactly its shape", () => {
    const whole: Signature = { ...named, batched: false, inputs: [input("x", "FP32", { shape: [1, 2] })] };
    expect(resolveInputs(whole, [tensor("x", "FP32", [1, 2], [1, 2])]).rows).toBe(1);
    expect(() => resolveInputs(whole, [tensor("x", "FP32", [2, 2], [1, 2, 3, 4])])).toThrow(
      "expected shape [1, 2], got [2, 2]",
    );
  });

  const refused: [string, Signature, Tensor[], string][] = [
    [
      "an unknown input",
      named,
      [...columns, tensor("hor", "FP32", [2], [1, 1])],
      'no input "hor". Did you mean "hour"?',
    ],
    ["a missing input", named, columns.slice(1), 'Input "hour" is missing'],
    ["no input", named, [], 'Input "hour" and "distance" is missing'],
    ["one twice", named, [...columns, columns[0]!], '"hour": is given twice'],
    [
      "another datatype",
      named,
      [columns[0]!, tensor("distance", "FP64", [2], [1, 1])],
      "expected datatype FP32, got FP64",
    ],
    [
      "another shape",
      named,
      [columns[0]!, tensor("distance", "FP32", [2, 2], [1, 1, 1, 1])],
      "expected shape [-1, 1] (N values, one a row), got [2, 2]",
    ],
    [
      "other rows",
      named,
      [columns[0]!, tensor("distance", "FP32", [3], [1, 1, 1])],
      '"distance" has 3 rows, the inputs before it have 2',
    ],
    ["no rows", named, [tensor("hour", "INT64", [0], []), tensor("distance", "FP32", [0], [])], "no rows"],
    [
      "out of range",
      named,
      [tensor("hour", "INT64", [2], [1n, 24n]), columns[1]!],
      '"hour": element 1: expected INT64 from 0 to 23, got 24',
    ],
    [
      "NaN",
      named,
      [columns[0]!, tensor("distance", "FP32", [2], [1, NaN])],
      "element 1 is NaN, but the input is not nullable",
    ],
    ["a lying shape", named, [columns[0]!, { ...columns[1]!, shape: [3] }], "shape [3, 1] is 3 elements, data has 2"],
    ["a narrow matrix", packed, [tensor("X", "FP32", [1, 2], [1, 2])], "expected shape [-1, 3], got [1, 2]"],
    [
      "out of range in the matrix",
      packed,
      [tensor("X", "FP32", [2, 3], [1, 1, 1, 24, 1, 1])],
      '"hour": element 1: expected FP32 from 0 to 23, got 24',
    ],
    [
      "a fraction in an integer column",
      packed,
      [tensor("X", "FP32", [1, 3], [1.5, 1, 1])],
      '"hour": element 0: expected a whole number, got 1.5',
    ],
    ["NaN in the matrix", packed, [tensor("X", "FP32", [1, 3], [1, NaN, NaN])], '"distance": element 0 is NaN'],
    ["matrix and columns", packed, [matrix, ...columns], '"X": is the matrix of all columns'],
  ];
  test.each(refused)("refuses %s", (...[, signature, tensors, message]) => {
    expect(() => resolveInputs(signature, tensors)).toThrow(message);
  });

  test("bounds are held in the precision of the input", () => {
    const tenth: Signature = { ...named, inputs: [input("x", "FP32", { range: [0, 0.1] })] };
    expect(resolveInputs(tenth, [tensor("x", "FP32", [1, 1], [0.1])]).rows).toBe(1);
  });
});

test("columns come back out of the matrix", () => {
  const cell = fc.tuple(fc.integer({ min: 0, max: 23 }), fc.float({ noNaN: true }), fc.float());
  fc.assert(
    fc.property(fc.array(cell, { minLength: 1, maxLength: 5 }), (rows) => {
      const given = [
        tensor(
          "hour",
          "INT64",
          [rows.length, 1],
          rows.map((row) => BigInt(row[0])),
        ),
        tensor(
          "distance",
          "FP32",
          [rows.length, 1],
          rows.map((row) => row[1]),
        ),
        tensor(
          "late",
          "FP32",
          [rows.length, 1],
          rows.map((row) => row[2]),
        ),
      ];
      const [model] = packColumns(packed, given);
      expect(model!.data).toEqual(Float32Array.from(rows.flat()));
      expect(resolveInputs(packed, [model!]).tensors).toEqual(resolveInputs(packed, given).tensors);
      expect(unpackColumns(packed, [model!])).toEqual(given);
    }),
  );
});

test("what the matrix cannot hold is refused by column", () => {
  const wide: Signature = { ...packed, inputs: [input("x", "FP64")] };
  expect(() => resolveInputs(wide, [tensor("x", "FP64", [1], [1e300])])).toThrow(
    '"x": element 0 is 1e+300, which the model\'s FP32 cannot hold',
  );
});
