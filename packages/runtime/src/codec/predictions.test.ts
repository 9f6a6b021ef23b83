import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { elementCount } from "../datatype.ts";
import type { OutputSpec, Signature } from "../signature.ts";
import { missingText, type Tensor } from "../tensor.ts";
import { renderPredictions, tensorsToPredictions } from "./predictions.ts";
import { anyDatatype, tensorOf } from "./testing/arbitraries.ts";

function signatureOf(outputs: readonly OutputSpec[]): Signature {
  return { inputs: [], outputs, packed: null, batched: true };
}

/** One output of one datatype; both renderings, which must agree. */
function predict(tensor: Omit<Tensor, "name">, classes?: readonly string[]): unknown[] {
  const { datatype, shape } = tensor;
  const signature = signatureOf([{ name: "late", datatype, shape, ...(classes && { classes }) }]);
  const rows = shape[0]!;
  const predictions = tensorsToPredictions(signature, [{ name: "late", ...tensor }], rows);
  expect(renderPredictions(signature, [{ name: "late", ...tensor }], rows)).toBe(JSON.stringify(predictions));
  return predictions.map((prediction) => prediction["late"]);
}

const classes = ["on_time", "late"];

describe("predictions", () => {
  test("probabilities of classes", () => {
    expect(predict({ datatype: "FP32", shape: [2, 2], data: Float32Array.of(0.2, 0.8, 0.6, 0.4) }, classes)).toEqual([
      { class: "late", probabilities: { on_time: 0.2, late: 0.8 } },
      { class: "on_time", probabilities: { on_time: 0.6, late: 0.4 } },
    ]);
    expect(predict({ datatype: "FP16", shape: [1, 2], data: Uint16Array.of(0x3800, 0x3400) }, classes)).toEqual([
      { class: "on_time", probabilities: { on_time: 0.5, late: 0.25 } },
    ]);
  });

  test.each([[[2]], [[2, 1]]])("the probability of the second class, shape %j", (shape) => {
    expect(predict({ datatype: "FP32", shape, data: Float32Array.of(0.8, 0.5) }, classes)).toEqual([
      { class: "late", probabilities: { on_time: 0.2, late: 0.8 } },
      { class: "on_time", probabilities: { on_time: 0.5, late: 0.5 } },
    ]);
  });

  test("an index of a class", () => {
    expect(predict({ datatype: "INT64", shape: [2], data: BigInt64Array.of(1n, 0n) }, classes)).toEqual([
      "late",
      "on_time",
    ]);
    expect(() => predict({ datatype: "INT64", shape: [1], data: BigInt64Array.of(2n) }, classes)).toThrow(
      "gave class 2, but 2 classes are named",
    );
  });

  test("plain and nested values", () => {
    expect(predict({ datatype: "FP32", shape: [2, 1], data: Float32Array.of(0.1, 0.7) })).toEqual([0.1, 0.7]);
    expect(predict({ datatype: "INT32", shape: [2, 1, 2], data: Int32Array.of(1, 2, 3, 4) })).toEqual([
      [[1, 2]],
      [[3, 4]],
    ]);
    expect(predict({ datatype: "BOOL", shape: [2], data: Uint8Array.of(1, 0) })).toEqual([true, false]);
    expect(predict({ datatype: "BYTES", shape: [3], data: ['a"', Uint8Array.of(254), missingText] })).toEqual([
      'a"',
      { b64: "/g==" },
      null,
    ]);
    expect(predict({ datatype: "INT64", shape: [2], data: BigInt64Array.of(2n ** 60n, 5n) })).toEqual([
      "1152921504606846976",
      5,
    ]);
  });

  test("what is not finite is null, and so is its class", () => {
    expect(predict({ datatype: "FP32", shape: [2], data: Float32Array.of(NaN, Infinity) })).toEqual([null, null]);
    expect(predict({ datatype: "FP32", shape: [1, 2], data: Float32Array.of(NaN, 0.5) }, classes)).toEqual([
      { class: null, probabilities: { on_time: null, late: 0.5 } },
    ]);
    expect(predict({ datatype: "FP64", shape: [1], data: Float64Array.of(NaN) }, classes)).toEqual([
      { class: null, probabilities: { on_time: null, late: null } },
    ]);
  });

  test("outputs that are not what the signature says", () => {
    const spec: OutputSpec = { name: "late", datatype: "FP32", shape: [-1, 3], classes: ["a", "b", "c"] };
    const wide: Tensor = { name: "late", datatype: "FP32", shape: [1, 2], data: new Float32Array(2) };
    expect(() => tensorsToPredictions(signatureOf([spec]), [wide], 1)).toThrow(
      "has 2 values a row, but 3 classes are named",
    );
    expect(() => tensorsToPredictions(signatureOf([spec]), [wide], 2)).toThrow("gave shape [1, 2] for 2 rows");
    expect(() => tensorsToPredictions(signatureOf([spec]), [], 1)).toThrow('gave no output "late"');
  });

  test("names such as __proto__ are names like others", () => {
    const tensor = { datatype: "FP32", shape: [1, 2], data: Float32Array.of(1, 0) } as const;
    expect(predict(tensor, ["__proto__", "constructor"])).toMatchObject([{ class: "__proto__" }]);
  });

  test("text and objects agree on any outputs", () => {
    const shape = fc
      .tuple(fc.integer({ min: 1, max: 3 }), fc.array(fc.nat({ max: 3 }), { maxLength: 2 }))
      .map(([n, inner]) => [n, ...inner]);
    // Objects have names that look like an index first; the text has the order of the classes.
    const className = fc.string().filter((text) => !/^(0|[1-9][0-9]*)$/.test(text));
    fc.assert(
      fc.property(
        tensorOf({ datatype: anyDatatype, shape }),
        fc.uniqueArray(className, { minLength: 1, maxLength: 3 }),
        (tensor, names) => {
          const { name, datatype } = tensor;
          const width = elementCount(tensor.shape.slice(1));
          const isFloat = datatype.startsWith("FP");
          const fits = isFloat && tensor.shape.length === 2 && width === names.length;
          const signature = signatureOf([{ name, datatype, shape: tensor.shape, ...(fits && { classes: names }) }]);
          const rows = tensor.shape[0]!;
          const text = renderPredictions(signature, [tensor], rows);
          expect(text).toBe(JSON.stringify(tensorsToPredictions(signature, [tensor], rows)));
        },
      ),
      { numRuns: 300 },
    );
  });
});
