import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { readModelProto } from "./model-proto.ts";
import { findUnbounded } from "./probe/probe.ts";

/** A field of wire type 2 with a number of two bytes or one. */
function field(number: number, content: Buffer): Buffer {
  const tag = number * 8 + 2;
  const head = tag < 128 ? [tag] : [(tag & 127) | 128, tag >> 7];
  return Buffer.concat([Buffer.from([...head, content.length]), content]);
}

test("a loop in a function that the model brings along is found", async () => {
  const bytes = await readFile(new URL("./testing/models/matrix.onnx", import.meta.url));
  expect(findUnbounded(readModelProto(bytes)!)).toEqual([]);
  // ModelProto.functions (25) with a FunctionProto.node (7) whose op_type (4) is Loop: protobuf messages may be appended.
  const loop = field(7, field(4, Buffer.from("Loop")));
  const model = readModelProto(Buffer.concat([bytes, field(25, Buffer.concat([field(1, Buffer.from("f")), loop]))]))!;
  expect(model.functionNodes.map(({ opType }) => opType)).toEqual(["Loop"]);
  expect(findUnbounded(model)).toEqual(["Loop"]);
  expect(model.nodes.map(({ opType }) => opType)).not.toContain("Loop");
});
