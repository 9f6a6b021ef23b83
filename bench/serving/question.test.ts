import { expect, test } from "vitest";
import { fromInferMessage, toInferMessage } from "./grpc-message.ts";
import { fromOipBinary, fromOipJson, toOipBinary, toOipJson } from "./oip.ts";
import { fromFloats, fromNamedOutputs, toNamedJson, toNested, toRawBytes, type Question } from "./question.ts";

const floats: Question = {
  rows: 2,
  inputs: [{ name: "x", datatype: "FP32", shape: [2, 3], data: Float32Array.of(0, 1, 2, 3, 4, 5) }],
};
const record: Question = {
  rows: 1,
  inputs: [
    { name: "origin", datatype: "BYTES", shape: [1, 1], data: ["ORD"] },
    { name: "hour", datatype: "INT64", shape: [1, 1], data: [18] },
  ],
};

test("a question in JSON", () => {
  expect(toNested({ shape: [2, 1, 2], data: [1, 2, 3, 4] })).toEqual([[[1, 2]], [[3, 4]]]);
  expect(JSON.parse(toNamedJson(floats))).toEqual({ x: [[0, 1, 2], [3, 4, 5]] }); // prettier-ignore
  expect(JSON.parse(toNamedJson(record))).toEqual({ origin: "ORD", hour: 18 });
  expect(JSON.parse(toOipJson(record, ["late"]))).toEqual({
    inputs: [
      { name: "origin", datatype: "BYTES", shape: [1, 1], data: ["ORD"] },
      { name: "hour", datatype: "INT64", shape: [1, 1], data: [18] },
    ],
    outputs: [{ name: "late" }],
  });
});

test("a question in bytes", () => {
  expect(fromFloats(toRawBytes(floats)).numbers).toEqual([0, 1, 2, 3, 4, 5]);
  const { headers, body } = toOipBinary(record);
  const head = Number(headers["inference-header-content-length"]);
  expect(JSON.parse(body.toString("utf8", 0, head))).toMatchObject({
    inputs: [{ parameters: { binary_data_size: 7 } }, { parameters: { binary_data_size: 8 } }],
  });
  expect(body.subarray(head).toString("latin1")).toBe("\x03\0\0\0ORD\x12\0\0\0\0\0\0\0");
});

test("answers, labels apart from numbers", () => {
  expect(fromNamedOutputs({ label: 2, p: { a: 0.5, class: "a", b: [0.25] } })).toEqual({
    labels: [2],
    numbers: [0.5, 0.25],
  });
  const json = { outputs: [{ name: "label", data: [1] }, { name: "p", data: [[0.5, 0.25]] }] }; // prettier-ignore
  expect(fromOipJson(Buffer.from(JSON.stringify(json)))).toEqual({ labels: [1], numbers: [0.5, 0.25] });
  const binary = Buffer.concat([Buffer.from("{}"), Buffer.from(Float32Array.of(0.5).buffer)]);
  const headers = new Headers({ "inference-header-content-length": "2" });
  expect(fromOipBinary(binary, headers)).toEqual({ labels: null, numbers: [0.5] });
  expect(() => fromOipBinary(binary, new Headers())).toThrow("not binary");
});

test("gRPC messages", () => {
  const request = toInferMessage("m", record);
  expect(request.toString("latin1")).toContain("\x03\0\0\0ORD");
  const bytes = (field: number, value: Buffer) => Buffer.concat([Buffer.from([field * 8 + 2, value.length]), value]);
  const output = (type: string, contents = Buffer.alloc(0)) =>
    bytes(5, Buffer.concat([bytes(2, Buffer.from(type)), contents]));
  const half = Buffer.from(Float32Array.of(0.5).buffer);
  const one = Buffer.from(BigInt64Array.of(1n).buffer);
  const raw = Buffer.concat([output("INT64"), output("FP32"), bytes(6, one), bytes(6, half)]);
  const typed = Buffer.concat([
    output("INT64", bytes(5, bytes(3, Buffer.from([1])))),
    output("FP32", bytes(5, bytes(6, half))),
  ]);
  for (const message of [raw, typed]) expect(fromInferMessage(message)).toEqual({ labels: [1], numbers: [0.5] });
});
