import type { ModelVersion } from "@slipway/contract";
import { expect, test } from "vitest";
import { UsageError } from "../exit-codes.ts";
import { toOipBody } from "./oip-body.ts";

type Signature = ModelVersion["signature"];
const columns: Signature = {
  inputs: [
    { name: "x", datatype: "FP32", shape: [-1], nullable: true },
    { name: "id", datatype: "INT64", shape: [-1, 1], nullable: false },
    { name: "t", datatype: "BYTES", shape: [-1], nullable: false },
    { name: "on", datatype: "BOOL", shape: [-1], nullable: false },
    { name: "v", datatype: "INT16", shape: [-1, -1], nullable: false },
  ],
  outputs: [],
  packed: null,
  batched: true,
};
const records = [
  { x: 1.5, id: 9007199254740993n, t: "é", on: true, v: [1, -2] },
  { x: null, id: -1, t: { b64: "/w==" }, on: false, v: [3, 4] },
];

test("records become tensors of JSON", () => {
  const { headers, bytes } = toOipBody(columns, records, false);
  expect(headers).toEqual({});
  expect(JSON.parse(bytes.toString())).toEqual({
    inputs: [
      { name: "x", datatype: "FP32", shape: [2], data: [1.5, null] },
      { name: "id", datatype: "INT64", shape: [2, 1], data: ["9007199254740993", -1] },
      { name: "t", datatype: "BYTES", shape: [2], data: ["é", { b64: "/w==" }] },
      { name: "on", datatype: "BOOL", shape: [2], data: [true, false] },
      { name: "v", datatype: "INT16", shape: [2, 2], data: [1, -2, 3, 4] },
    ],
  });
});

test("or bytes behind their description", () => {
  const { headers, bytes } = toOipBody(columns, records, true);
  const length = Number(headers["inference-header-content-length"]);
  const head = JSON.parse(bytes.toString("utf8", 0, length)) as { inputs: { parameters: object }[] };
  expect(head.inputs.map(({ parameters }) => parameters)).toEqual(
    [8, 16, 11, 2, 8].map((binary_data_size) => ({ binary_data_size })),
  );
  const data = bytes.subarray(length);
  expect(data.readFloatLE(0)).toBe(1.5);
  expect(data.readFloatLE(4)).toBeNaN();
  expect([data.readBigInt64LE(8), data.readBigInt64LE(16)]).toEqual([9007199254740993n, -1n]);
  expect(data.subarray(24, 35).toString("hex")).toBe("02000000c3a901000000ff");
  expect([...data.subarray(35, 37)]).toEqual([1, 0]);
  expect([0, 1, 2, 3].map((i) => data.readInt16LE(37 + 2 * i))).toEqual([1, -2, 3, 4]);
  expect(data.length).toBe(45);
});

test("the columns of a matrix go as the matrix", () => {
  const inputs = columns.inputs.slice(0, 1).concat({ name: "y", datatype: "FP32", shape: [-1], nullable: false });
  const matrix = { ...columns, inputs, packed: { tensor: "X", datatype: "FP64" } };
  expect(JSON.parse(toOipBody(matrix, [{ x: 1, y: 2 }], false).bytes.toString())).toEqual({
    inputs: [{ name: "X", datatype: "FP64", shape: [1, 2], data: [1, 2] }],
  });
});

test("a model without a dimension of rows takes one record", () => {
  const inputs = [{ name: "x", datatype: "FP32", shape: [-1, 2], nullable: false }];
  const whole = { ...columns, inputs, batched: false };
  const x = [
    [1, 2],
    [3, 4],
    [5, 6],
  ];
  expect(JSON.parse(toOipBody(whole, [{ x }], false).bytes.toString())).toMatchObject({ inputs: [{ shape: [3, 2] }] });
  expect(() => toOipBody(whole, [{ x }, { x }], false)).toThrow(UsageError);
  const half = { ...columns, inputs: [{ ...inputs[0]!, datatype: "FP16" }] };
  expect(() => toOipBody(half, [{ x }], true)).toThrow(/x is FP16/);
});
