import fc from "fast-check";
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { readModelProto } from "./model-proto.ts";
import { modelFolder } from "./testing/models.ts";
import { encodeBytesField, encodeTextField, encodeVarintField, WireError, WireReader } from "./wire.ts";
import { removeZipMaps } from "./zipmap.ts";

test("what was written is read back, whatever lies around it", () => {
  const field = fc.integer({ min: 1, max: 2 ** 29 - 1 });
  const value = fc.oneof(fc.maxSafeNat(), fc.string({ unit: "grapheme" }));
  fc.assert(
    fc.property(fc.array(fc.tuple(field, value), { maxLength: 20 }), (fields) => {
      const pieces = fields.map(([number, content]) =>
        typeof content === "number" ? encodeVarintField(number, content) : encodeTextField(number, content),
      );
      const wrapped = Buffer.concat(encodeBytesField(3, pieces));
      const outer = new WireReader(wrapped);
      expect(outer.next()).toBe(true);
      const reader = outer.message();
      for (const [number, content] of fields) {
        expect(reader.next()).toBe(true);
        expect(reader.field).toBe(number);
        expect(typeof content === "number" ? reader.varint : reader.text()).toBe(content);
      }
      expect(reader.next()).toBe(false);
      expect(outer.next()).toBe(false);
    }),
  );
});

const iris = readFileSync(`${modelFolder}iris-int-zipmap.onnx`);

test("broken files end in a WireError or in a graph, never otherwise", () => {
  const attempt = (bytes: Uint8Array) => {
    try {
      const model = readModelProto(bytes);
      if (model !== null) removeZipMaps(bytes, model);
    } catch (error) {
      expect(error).toBeInstanceOf(WireError);
    }
  };
  for (let length = 0; length < iris.length; length++) attempt(iris.subarray(0, length));
  fc.assert(
    fc.property(fc.nat(iris.length - 1), fc.nat(255), (at, byte) => {
      const broken = Buffer.from(iris);
      broken[at] = byte;
      attempt(broken);
    }),
    { numRuns: 1000 },
  );
  fc.assert(fc.property(fc.uint8Array(), attempt));
});

test("the models are read as their maker wrote them", () => {
  const model = readModelProto(iris)!;
  expect(model.nodes.map((node) => node.opType)).toContain("ZipMap");
  expect(model.inputs).toMatchObject([{ name: "X", kind: "tensor", elementType: 1, shape: [null, 4] }]);
  expect(model.outputs.map(({ name, kind }) => [name, kind])).toEqual([
    ["output_label", "tensor"],
    ["output_probability", "sequence"],
  ]);
  expect(model.opsets.get("ai.onnx.ml")).toBe(1);
  const external = readModelProto(readFileSync(`${modelFolder}external.onnx`))!;
  expect(external.externalFiles).toEqual(["external.weights"]);
  const loop = readModelProto(readFileSync(`${modelFolder}endless.onnx`))!;
  expect(loop.nodes.map((node) => node.opType)).toEqual(["Loop", "Add"]);
});

test("only a ZipMap changes bytes", () => {
  for (const file of readdirSync(modelFolder).filter((name) => name.endsWith(".onnx") && !name.startsWith("garbage"))) {
    const bytes = readFileSync(modelFolder + file);
    const model = readModelProto(bytes)!;
    const removal = removeZipMaps(bytes, model);
    expect(removal !== null, file).toBe(file.includes("zipmap"));
    if (removal === null) continue;
    const after = readModelProto(Buffer.concat(removal.pieces))!;
    const others = (nodes: typeof model.nodes) =>
      nodes
        .filter(({ opType }) => opType !== "ZipMap" && opType !== "Identity")
        .map(({ opType, inputs, outputs }) => ({ opType, inputs, outputs }));
    expect(others(after.nodes)).toEqual(others(model.nodes));
    expect(after.opsets).toEqual(model.opsets);
    expect(after.outputs[1]).toMatchObject({
      name: "output_probability",
      kind: "tensor",
      elementType: 1,
      shape: [null, 3],
    });
    expect([...removal.classes.values()]).toEqual([
      file.includes("text") ? ["setosa", "versicolor", "virginica"] : ["0", "1", "2"],
    ]);
  }
});
