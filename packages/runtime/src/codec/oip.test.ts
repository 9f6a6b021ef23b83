import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Signature } from "../signature.ts";
import type { Tensor } from "../tensor.ts";
import { datatypes } from "../tensor.ts";
import { requireOutputs, selectOutputs } from "./oip-outputs.ts";
import { parseOipRequest } from "./oip-request.ts";
import { renderOipResponse } from "./oip-response.ts";
import { tensorOf } from "./testing/arbitraries.ts";

const signature: Signature = {
  inputs: [
    { name: "x", datatype: "FP32", shape: [-1], nullable: false },
    { name: "n", datatype: "FP32", shape: [-1], nullable: true },
  ],
  outputs: [{ name: "late", datatype: "FP32", shape: [-1] }],
  packed: null,
  batched: true,
};

const parse = (body: unknown) => parseOipRequest(body, signature);
const parseOne = (input: object) => parse({ inputs: [{ name: "x", ...input }] }).inputs[0]!;
const jsonDatatypes = fc.constantFrom(...datatypes.filter((datatype) => datatype !== "FP16"));

/** JSON has one zero. */
function withoutNegativeZero(tensor: Tensor): Tensor {
  if (tensor.datatype !== "FP32" && tensor.datatype !== "FP64") return tensor;
  return { ...tensor, data: (tensor.data as Float32Array).map((value) => value + 0) };
}

describe("Open Inference Protocol JSON", () => {
  test("what is rendered as outputs is parsed as inputs", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(tensorOf({ datatype: jsonDatatypes }), { minLength: 1, maxLength: 3, selector: (t) => t.name }),
        (tensors) => {
          fc.pre(
            tensors.every(
              (tensor) => tensor.datatype !== "BYTES" || tensor.data.every((text) => (text as string).isWellFormed()),
            ),
          );
          const text = renderOipResponse({ modelName: "m", modelVersion: "3", id: 'a"b', outputs: tensors });
          const answer = JSON.parse(text) as Record<string, unknown>;
          expect(answer).toMatchObject({ model_name: "m", model_version: "3", id: 'a"b' });
          const back = parse(Buffer.from(text.replace('"outputs":', '"inputs":')));
          expect(back.inputs).toEqual(tensors.map(withoutNegativeZero));
        },
      ),
      { numRuns: 300 },
    );
  });

  test("nested data is the same as flat", () => {
    const dims = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(dims, (shape) => {
        const count = shape.reduce((a, b) => a * b, 1);
        const flat = Array.from({ length: count }, (_, i) => i);
        let nested: unknown[] = flat;
        for (const dim of shape.slice(1).toReversed()) {
          nested = Array.from({ length: nested.length / dim }, (_, i) => nested.slice(i * dim, (i + 1) * dim));
        }
        expect(parseOne({ shape, datatype: "INT32", data: nested })).toEqual(
          parseOne({ shape, datatype: "INT32", data: flat }),
        );
      }),
    );
  });

  test("parameters, outputs and id are kept; unknown keys are ignored", () => {
    const request = parse({
      id: "r1",
      surprise: 1,
      parameters: { binary_data_output: false, other: { a: 1 } },
      inputs: [{ name: "x", shape: [1], datatype: "FP32", data: [1], parameters: { content_type: "np" } }],
      outputs: [{ name: "late", parameters: { binary_data: false } }],
    });
    expect(request.id).toBe("r1");
    expect(request.parameters).toEqual({ binary_data_output: false, other: { a: 1 } });
    expect(request.outputs).toEqual([
      { name: "late", parameters: { binary_data: false }, binary: false, topClasses: 0 },
    ]);
  });

  test("special floats, null where nullable, large integers", () => {
    const floats = parseOne({ shape: [3], datatype: "FP64", data: ["NaN", "Infinity", "-Infinity"] });
    expect(floats.data).toEqual(Float64Array.of(NaN, Infinity, -Infinity));
    const [nullable] = parse({ inputs: [{ name: "n", shape: [2], datatype: "FP32", data: [null, 1] }] }).inputs;
    expect(nullable!.data).toEqual(Float32Array.of(NaN, 1));
    const integers = parseOne({ shape: [2], datatype: "INT64", data: ["-9223372036854775808", 9007199254740991] });
    expect(integers.data).toEqual(BigInt64Array.of(-(2n ** 63n), 2n ** 53n - 1n));
    expect(parseOne({ shape: [], datatype: "BOOL", data: true }).data).toEqual(Uint8Array.of(1));
  });

  test("answers print shortest, special floats and large integers as strings", () => {
    const outputs: Tensor[] = [
      { name: "a", datatype: "FP32", shape: [5], data: Float32Array.of(0.1, 0.7, NaN, Infinity, -Infinity) },
      { name: "b", datatype: "UINT64", shape: [2], data: BigUint64Array.of(2n ** 64n - 1n, 7n) },
      { name: "c", datatype: "BOOL", shape: [2], data: Uint8Array.of(1, 0) },
      { name: "d", datatype: "FP64", shape: [1, 1], data: Float64Array.of(0.1) },
    ];
    expect(renderOipResponse({ modelName: "m", modelVersion: "1", outputs })).toBe(
      '{"model_name":"m","model_version":"1","outputs":[' +
        '{"name":"a","shape":[5],"datatype":"FP32","data":[0.1,0.7,"NaN","Infinity","-Infinity"]},' +
        '{"name":"b","shape":[2],"datatype":"UINT64","data":["18446744073709551615",7]},' +
        '{"name":"c","shape":[2],"datatype":"BOOL","data":[true,false]},' +
        '{"name":"d","shape":[1,1],"datatype":"FP64","data":[0.1]}]}',
    );
    const half: Tensor = { name: "h", datatype: "FP16", shape: [1], data: Uint16Array.of(0) };
    expect(() => renderOipResponse({ modelName: "m", modelVersion: "1", outputs: [half] })).toThrow("no JSON form");
  });

  test("only the outputs asked for, in that order", () => {
    const outputs: Tensor[] = ["a", "b"].map((name) => ({
      name,
      datatype: "FP32",
      shape: [1],
      data: new Float32Array(1),
    }));
    const asked = (name: string) => [{ name, parameters: {}, binary: false, topClasses: 0 }];
    expect(selectOutputs(outputs, asked("b"))).toEqual([outputs[1]]);
    expect(selectOutputs(outputs, undefined)).toBe(outputs);
    expect(() => requireOutputs(signature, asked("lat"))).toThrow('no output "lat". Did you mean "late"?');
  });

  test.each([
    ["[1]", /expected an object/],
    ["{", /not JSON/],
    ["", /empty/],
    ['{"inputs":[]}', /at least one tensor/],
    ['{"inputs":[{"shape":[1],"datatype":"FP32","data":[1]}]}', /inputs\[0\] needs a "name"/],
    ['{"id":7,"inputs":[{}]}', /"id" must be a string, got 7/],
    [
      '{"inputs":[{"name":"x","shape":[1],"datatype":"FP23","data":[1]}]}',
      /unknown datatype the string "FP23"; perhaps "FP32" is meant/,
    ],
    [
      '{"inputs":[{"name":"x","shape":[2],"datatype":"FP32","data":[1]}]}',
      /"x" has shape \[2\], which is 2 elements, but data has 1/,
    ],
    ['{"inputs":[{"name":"x","shape":[-1],"datatype":"FP32","data":[1]}]}', /no whole number.*-1/],
    ['{"inputs":[{"name":"x","shape":[1.5],"datatype":"FP32","data":[1]}]}', /no whole number/],
    [
      '{"inputs":[{"name":"x","shape":[4000000000,4000000000],"datatype":"FP32","data":[1]}]}',
      /more elements than can be/,
    ],
    [
      '{"inputs":[{"name":"x","shape":[2,2],"datatype":"FP32","data":[[1,2],[3]]}]}',
      /data\[1\].*expected an array of 2, got an array of 1/,
    ],
    [
      '{"inputs":[{"name":"x","shape":[2,1],"datatype":"FP32","data":[[1],[[2]]]}]}',
      /data\[1\]\[0\]: expected FP32, got an array of 1/,
    ],
    [
      '{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[null]}]}',
      /data\[0\]: expected FP32, got null, and this input is not nullable/,
    ],
    ['{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":["1"]}]}', /expected FP32, got the string "1"/],
    ['{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1e39]}]}', /1e\+39, which FP32 cannot hold/],
    ['{"inputs":[{"name":"x","shape":[1],"datatype":"FP64","data":[1e400]}]}', /Infinity, which FP64 cannot hold/],
    [
      '{"inputs":[{"name":"x","shape":[1],"datatype":"INT64","data":[9007199254740993]}]}',
      /beyond 2\^53.*string of its digits/,
    ],
    ['{"inputs":[{"name":"x","shape":[1],"datatype":"UINT64","data":["-1"]}]}', /expected UINT64, got the string "-1"/],
    ['{"inputs":[{"name":"x","shape":[1],"datatype":"INT8","data":[128]}]}', /128, which INT8 cannot hold/],
    ['{"inputs":[{"name":"x","shape":[1],"datatype":"INT32","data":[1.5]}]}', /expected INT32, got 1.5/],
    [
      '{"inputs":[{"name":"x","shape":[1],"datatype":"BYTES","data":[5]}]}',
      /expected BYTES \(a string\), got 5; send it in quotes/,
    ],
    ['{"inputs":[{"name":"x","shape":[1],"datatype":"BYTES","data":["\\ud800"]}]}', /half a surrogate pair/],
    ['{"inputs":[{"name":"x","shape":[1],"datatype":"FP16","data":[1]}]}', /FP16.*no JSON form/],
    [
      '{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","parameters":{"binary_data_size":4}}]}',
      /no header Inference-Header-Content-Length/,
    ],
    ['{"inputs":[{"name":"x","shape":[1],"datatype":"FP32"}]}', /needs "data"/],
    [
      '{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1]},{"name":"x","shape":[1],"datatype":"FP32","data":[1]}]}',
      /"x" is given twice/,
    ],
    [
      '{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1]}],"outputs":[{"name":"a"},{"name":"a"}]}',
      /"a" is asked for twice/,
    ],
  ])("refuses %s", (body, message) => {
    expect(() => parse(Buffer.from(body))).toThrow(message);
  });

  test("deep nesting and shapes that data does not back cost nothing", () => {
    const deep = `${"[".repeat(200_000)}${"]".repeat(200_000)}`;
    const body = `{"inputs":[{"name":"x","shape":[1,1],"datatype":"FP32","data":${deep}}]}`;
    expect(() => parse(Buffer.from(body))).toThrow("got an array of 1");
    const thin = Array.from({ length: 1000 }, (_, i) => (i === 0 ? new Array(1_000_000).fill(0) : []));
    expect(() => parseOne({ shape: [1000, 1_000_000], datatype: "FP64", data: thin })).toThrow("got an array of 0");
  });

  test("any JSON is parsed or refused", () => {
    const almost = fc.record(
      {
        id: fc.oneof(fc.string(), fc.jsonValue()),
        parameters: fc.jsonValue(),
        inputs: fc.array(
          fc.record(
            {
              name: fc.constantFrom("x", "n", "", 5),
              shape: fc.oneof(fc.array(fc.oneof(fc.nat({ max: 3 }), fc.double())), fc.jsonValue()),
              datatype: fc.oneof(fc.constantFrom(...datatypes), fc.jsonValue()),
              data: fc.oneof(fc.array(fc.oneof(fc.integer(), fc.double(), fc.string())), fc.jsonValue()),
            },
            { requiredKeys: [] },
          ),
        ),
        outputs: fc.jsonValue(),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(almost, fc.jsonValue()), (body) => {
        try {
          parse(JSON.parse(JSON.stringify(body)));
        } catch (error) {
          expect(error).toMatchObject({ name: "SlipwayError", kind: "invalid" });
        }
      }),
      { numRuns: 1000 },
    );
  });
});
