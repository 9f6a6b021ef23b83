import { join } from "node:path";
import { loadSync, type ServiceDefinition } from "@grpc/proto-loader";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { elementSizes } from "../../datatype.ts";
import type { Datatype, Tensor } from "../../tensor.ts";
import { datatypes } from "../../tensor.ts";
import { byteLength, writeTensorData } from "../binary.ts";
import { anyDatatype, tensorOf } from "../testing/arbitraries.ts";
import { parseGrpcRequest, renderGrpcResponse, spareBytes, toGrpcTensors } from "./index.ts";

const protoFolder = join(import.meta.dirname, "../../../../server/src/wire/grpc/proto");

/** The second implementation: protobufjs on the .proto file. */
const { ModelInfer } = loadSync(join(protoFolder, "inference.proto"), { keepCase: true, longs: String, arrays: true })[
  "inference.GRPCInferenceService"
] as ServiceDefinition;
const serialize = (request: object): Buffer => ModelInfer!.requestSerialize(request);

interface Contents {
  readonly [field: string]: unknown[] | undefined;
}

interface Message {
  readonly model_name: string;
  readonly model_version: string;
  readonly id?: string;
  readonly parameters?: Record<string, unknown>;
  readonly outputs: { name: string; datatype: string; shape: unknown[]; contents?: Contents }[];
  readonly raw_output_contents?: Buffer[];
}

const fields: Readonly<Record<Exclude<Datatype, "FP16">, string>> = {
  BOOL: "bool_contents",
  INT8: "int_contents",
  INT16: "int_contents",
  INT32: "int_contents",
  INT64: "int64_contents",
  UINT8: "uint_contents",
  UINT16: "uint_contents",
  UINT32: "uint_contents",
  UINT64: "uint64_contents",
  FP32: "fp32_contents",
  FP64: "fp64_contents",
  BYTES: "bytes_contents",
};

function toRaw(tensor: Tensor): Buffer {
  const buffer = Buffer.alloc(byteLength(tensor));
  writeTensorData(tensor, buffer, 0);
  return buffer;
}

/** Elements as protobufjs takes and gives them. */
function toElements({ datatype, data }: Tensor): unknown[] {
  if (datatype === "BOOL") return [...(data as Uint8Array)].map((value) => value === 1);
  if (datatype === "BYTES") return (data as (string | Uint8Array)[]).map((value) => Buffer.from(value as string));
  if (datatype === "INT64" || datatype === "UINT64") return [...(data as BigInt64Array)].map(String);
  return [...(data as Float32Array)];
}

function toInput(tensor: Tensor, raw: boolean): object {
  const { name, datatype, shape } = tensor;
  if (raw) return { name, datatype, shape };
  return { name, datatype, shape, contents: { [fields[datatype as "FP32"]]: toElements(tensor) } };
}

const wellFormed = (tensor: Tensor) =>
  tensor.datatype !== "BYTES" ||
  (tensor.data as (string | Uint8Array)[]).every((text) => typeof text !== "string" || text.isWellFormed());
const anyTensor = (datatype: fc.Arbitrary<Datatype> = anyDatatype) => tensorOf({ datatype }).filter(wellFormed);
const typed = fc.constantFrom(...datatypes.filter((datatype) => datatype !== "FP16"));
const text = fc.string({ unit: "grapheme", maxLength: 40 });
const named = (tensor: fc.Arbitrary<Tensor>) =>
  fc.uniqueArray(tensor, { minLength: 1, maxLength: 4, selector: ({ name }) => name });
const inputsOf = (tensor: fc.Arbitrary<Tensor>) =>
  named(tensor.filter(({ name }) => name !== "" && name.isWellFormed()));

describe("ModelInfer in protobuf, against protobufjs", () => {
  test("raw inputs are read as they were written", () => {
    fc.assert(
      fc.property(inputsOf(anyTensor()), text, text, (tensors, model, id) => {
        const message = serialize({
          model_name: model,
          model_version: "7",
          id,
          parameters: { timeout: { int64_param: 5000 }, flag: { bool_param: true }, word: { string_param: id } },
          inputs: tensors.map((tensor) => toInput(tensor, true)),
          outputs: [{ name: model, parameters: { classification: { int64_param: 3 } } }],
          raw_input_contents: tensors.map(toRaw),
        });
        const request = parseGrpcRequest(message);
        expect(request).toMatchObject({ modelName: model, modelVersion: "7", id });
        expect({ ...request.parameters }).toEqual({ timeout: 5000, flag: true, word: id });
        expect(request.outputs.map(({ name, parameters }) => [name, { ...parameters }])).toEqual([
          [model, { classification: 3 }],
        ]);
        expect(toGrpcTensors(request)).toEqual(tensors);
      }),
      { numRuns: 300 },
    );
  });

  test("typed inputs are read as they were written", () => {
    fc.assert(
      fc.property(inputsOf(anyTensor(typed)), (tensors) => {
        const message = serialize({ model_name: "m", inputs: tensors.map((tensor) => toInput(tensor, false)) });
        expect(toGrpcTensors(parseGrpcRequest(message))).toEqual(tensors);
      }),
      { numRuns: 300 },
    );
  });

  test("answers are read by others as they were meant, raw and typed", () => {
    const parameters = fc.option(fc.dictionary(text, text, { maxKeys: 3 }));
    fc.assert(
      fc.property(named(anyTensor()), fc.boolean(), text, parameters, (outputs, raw, id, given) => {
        const answer = renderGrpcResponse({
          modelName: "modèle",
          modelVersion: "12",
          id,
          parameters: given,
          outputs,
          raw,
        });
        const bytes = Buffer.concat(answer.pieces).subarray(spareBytes);
        expect(bytes.length).toBe(answer.length);
        const read = ModelInfer!.responseDeserialize(bytes) as Message;
        expect(read).toMatchObject({ model_name: "modèle", model_version: "12" });
        expect(read.id ?? "").toBe(id);
        const texts = Object.entries(given ?? {}).map(([key, value]) => [key, { string_param: value }]);
        expect(read.parameters ?? {}).toEqual(Object.fromEntries(texts));
        const rawAnyway = raw || outputs.some(({ datatype }) => datatype === "FP16");
        for (const [i, tensor] of outputs.entries()) {
          const { name, datatype, shape } = tensor;
          expect(read.outputs[i]).toMatchObject({ name, datatype, shape: shape.map(String) });
          if (rawAnyway) expect(read.raw_output_contents![i]).toEqual(toRaw(tensor));
          else {
            const elements = read.outputs[i]!.contents?.[fields[datatype as "FP32"]] ?? [];
            expect(elements).toEqual(toElements(tensor));
          }
        }
        expect(read.raw_output_contents ?? []).toHaveLength(rawAnyway ? outputs.length : 0);
      }),
      { numRuns: 300 },
    );
  });

  test("a large output is a piece of its own, not copied", () => {
    const data = new Float32Array(50_000).fill(0.5);
    const big: Tensor = { name: "big", datatype: "FP32", shape: [50_000], data };
    const small: Tensor = { name: "small", datatype: "INT32", shape: [1], data: Int32Array.of(3) };
    const response = { modelName: "m", modelVersion: "1", id: "", parameters: null, raw: true };
    const { pieces, length } = renderGrpcResponse({ ...response, outputs: [small, big, small] });
    expect(pieces.map((piece) => piece.buffer === data.buffer)).toEqual([false, true, false]);
    const bytes = Buffer.concat(pieces).subarray(spareBytes);
    expect(bytes).toHaveLength(length);
    const read = ModelInfer!.responseDeserialize(bytes) as Message;
    expect(read.raw_output_contents).toEqual([toRaw(small), toRaw(big), toRaw(small)]);
  });

  test("numbers may come one by one, as the format allows", () => {
    const input = Buffer.from([0x0a, 1, 0x78, 0x12, 5, ...Buffer.from("INT32"), 0x18, 2, 0x2a, 4, 0x10, 7, 0x10, 9]);
    const message = Buffer.concat([Buffer.from([0x0a, 1, 0x6d, 0x2a, input.length]), input]);
    expect(toGrpcTensors(parseGrpcRequest(message))).toEqual([
      { name: "x", datatype: "INT32", shape: [2], data: Int32Array.of(7, 9) },
    ]);
  });

  test("raw bytes that are aligned are not copied", () => {
    const tensor: Tensor = { name: "x", datatype: "UINT8", shape: [100_000], data: new Uint8Array(100_000).fill(9) };
    const request = { model_name: "m", inputs: [toInput(tensor, true)], raw_input_contents: [toRaw(tensor)] };
    const message = serialize(request);
    const [read] = toGrpcTensors(parseGrpcRequest(message));
    expect((read!.data as Uint8Array).buffer).toBe(message.buffer);
  });
});

const x = { name: "x", datatype: "FP32", shape: [2] };
const eight = Buffer.alloc(8);

describe("a ModelInfer that is refused", () => {
  test.each<[string, object, RegExp]>([
    ["no inputs", {}, /"inputs" must have at least one tensor/],
    ["a raw blob too few", { inputs: [x, { ...x, name: "y" }], raw_input_contents: [eight] }, /1 entries for 2 inputs/],
    [
      "raw and contents",
      { inputs: [{ ...x, contents: { fp32_contents: [1, 2] } }], raw_input_contents: [eight] },
      /"x" has "contents", but raw/,
    ],
    ["raw of another size", { inputs: [x], raw_input_contents: [Buffer.alloc(7)] }, /expected 8 bytes, got 7/],
    [
      "fewer elements",
      { inputs: [{ ...x, contents: { fp32_contents: [1] } }] },
      /shape \[2\], which is 2 elements, but fp32_contents has 1/,
    ],
    ["neither raw nor contents", { inputs: [x] }, /2 elements, but fp32_contents has 0/],
    [
      "another field",
      { inputs: [{ ...x, contents: { int_contents: [1, 2] } }] },
      /go in fp32_contents, but int_contents came/,
    ],
    [
      "FP16 in contents",
      { inputs: [{ ...x, datatype: "FP16", contents: { fp32_contents: [1, 2] } }] },
      /FP16, which goes in raw_input_contents only/,
    ],
    [
      "BF16",
      { inputs: [{ ...x, datatype: "BF16" }], raw_input_contents: [eight] },
      /"BF16", which no model here takes/,
    ],
    [
      "a number too large",
      { inputs: [{ name: "x", datatype: "INT8", shape: [1], contents: { int_contents: [128] } }] },
      /has 128 at element 0, which INT8 cannot hold/,
    ],
    ["a negative size", { inputs: [{ ...x, shape: [-1] }], raw_input_contents: [eight] }, /no whole number.*-1/],
    [
      "more elements than can be",
      { inputs: [{ ...x, shape: [4e9, 4e9] }], raw_input_contents: [eight] },
      /more elements than can be/,
    ],
    ["a huge shape without data", { inputs: [{ ...x, shape: [4e9] }] }, /4000000000 elements, but fp32_contents has 0/],
    ["an input given twice", { inputs: [x, x], raw_input_contents: [eight, eight] }, /"x" is given twice/],
    [
      "an input without a name",
      { inputs: [{ ...x, name: "" }], raw_input_contents: [eight] },
      /inputs\[0\] needs a name/,
    ],
    [
      "shared memory",
      { inputs: [{ ...x, parameters: { shared_memory_region: { string_param: "r" } } }] },
      /shared memory, which this server does not read/,
    ],
  ])("%s", (_what, request, message) => {
    expect(() => toGrpcTensors(parseGrpcRequest(serialize({ model_name: "m", ...request })))).toThrow(message);
  });

  const parse = (bytes: Uint8Array) => {
    try {
      toGrpcTensors(parseGrpcRequest(bytes));
    } catch (error) {
      expect(error).toMatchObject({ name: "SlipwayError", kind: "invalid" });
    }
  };

  test("no bytes make anything else happen than a refusal", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), parse), { numRuns: 2000 });
    const inputs = inputsOf(anyTensor());
    const edits = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(inputs, fc.boolean(), edits, fc.nat(), (tensors, raw, changes, cut) => {
        const isRaw = raw || tensors.some(({ datatype }) => datatype === "FP16");
        const message = serialize({
          model_name: "m",
          inputs: tensors.map((tensor) => toInput(tensor, isRaw)),
          raw_input_contents: isRaw ? tensors.map(toRaw) : [],
        });
        for (const [at, value] of changes) message[at % message.length] = value;
        parse(message);
        parse(message.subarray(0, cut % message.length));
      }),
      { numRuns: 2000 },
    );
  });

  test("sizes of the datatypes are those of the format", () => {
    for (const datatype of datatypes) {
      if (datatype === "BYTES") continue;
      const size = elementSizes[datatype];
      const input = { name: "x", datatype, shape: [3] };
      const message = serialize({ model_name: "m", inputs: [input], raw_input_contents: [Buffer.alloc(3 * size)] });
      expect(toGrpcTensors(parseGrpcRequest(message))[0]!.data.length).toBe(3);
    }
  });
});
