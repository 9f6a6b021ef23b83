import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createData, toHalfBits } from "./datatype.ts";
import { resolveInputs } from "./pack.ts";
import type { InputSpec, Signature } from "./signature.ts";
import type { Datatype, Tensor } from "./tensor.ts";
import { validateInput } from "./validate.ts";

const floats = fc.constantFrom<Datatype>("FP16", "FP32", "FP64");

function toTensor(datatype: Datatype, shape: readonly number[], values: readonly number[]): Tensor {
  const data = createData(datatype, values.length) as Float32Array;
  values.forEach((value, i) => (data[i] = datatype === "FP16" ? toHalfBits(value) : value));
  return { name: "x", datatype, shape, data };
}

const anyValue = fc.constantFrom(0, 1, -1, 0.5, 65_504, Infinity, -Infinity);

describe("NaN where an input is not nullable", () => {
  test("is found wherever it is, named by its place; infinities of both signs pass", () => {
    const spec = (datatype: Datatype): InputSpec => ({ name: "x", datatype, shape: [-1], nullable: false });
    fc.assert(
      fc.property(floats, fc.array(anyValue, { minLength: 1, maxLength: 21 }), fc.nat(), (datatype, values, at) => {
        const good = toTensor(datatype, [values.length], values);
        expect(validateInput(spec(datatype), good, true)).toBe(good);
        const place = at % values.length;
        const bad = toTensor(datatype, [values.length], values.with(place, NaN));
        expect(() => validateInput(spec(datatype), bad, true)).toThrow(`element ${place} is NaN`);
        expect(validateInput({ ...spec(datatype), nullable: true }, bad, true)).toBe(bad);
      }),
      { numRuns: 300 },
    );
  });

  test("is found in the column of a matrix that must not have it, and passes in the one that may", () => {
    const column = (name: string, nullable: boolean): InputSpec => ({ name, datatype: "FP32", shape: [-1], nullable });
    const signature: Signature = {
      inputs: [column("a", false), column("b", true), { ...column("c", false), range: [0, 9] }],
      outputs: [],
      packed: { tensor: "x", datatype: "FP32" },
      batched: true,
    };
    const resolve = (values: readonly number[]) =>
      resolveInputs(signature, [toTensor("FP32", [values.length / 3, 3], values)]);
    expect(resolve([1, NaN, 3, 4, 5, 6]).rows).toBe(2);
    expect(() => resolve([1, 2, 3, NaN, 5, 6])).toThrow('"a": element 1 is NaN');
    expect(() => resolve([1, 2, 3, 4, 5, NaN])).toThrow('"c": element 1 is NaN');
    expect(() => resolve([1, 2, 3, 4, 5, 10])).toThrow(/"c": element 1.*from 0 to 9.*10/);
  });
});
