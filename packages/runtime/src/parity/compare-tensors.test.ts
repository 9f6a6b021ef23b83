import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toHalfBits } from "../datatype.ts";
import type { Datatype, Tensor, TensorData } from "../tensor.ts";
import { compareTensors, defaultTolerance } from "./compare-tensors.ts";
import { ulpDistance } from "./ulps.ts";

const exact = { absolute: 0, relative: 0 };

function tensor(datatype: Datatype, data: TensorData, shape: readonly number[] = [data.length]): Tensor {
  return { name: "x", datatype, shape, data };
}
const doubles = (...values: number[]) => tensor("FP64", Float64Array.from(values));
const singles = (...values: number[]) => tensor("FP32", Float32Array.from(values));
const halves = (...values: number[]) => tensor("FP16", Uint16Array.from(values.map(toHalfBits)));

describe("floats", () => {
  test("the tolerance is absolute + relative * |expected|, and its edge is inside", () => {
    const tolerance = { absolute: 0.5, relative: 0.25 };
    expect(compareTensors(doubles(4), doubles(5.5), tolerance).within).toBe(true);
    expect(compareTensors(doubles(4), doubles(5.500001), tolerance).within).toBe(false);
    // Of the expected one: the same pair the other way round has more room.
    expect(compareTensors(doubles(5.500001), doubles(4), tolerance).within).toBe(true);
  });

  test("the worst is the farthest in tolerances, not in absolute distance", () => {
    const found = compareTensors(doubles(1e9, 1, 3), doubles(1e9 + 10, 1.5, 3), defaultTolerance);
    expect(found).toMatchObject({ identical: false, within: false, worst: { index: 1, expected: 1, got: 1.5 } });
  });

  test.each([
    ["FP64", doubles],
    ["FP32", singles],
    ["FP16", halves],
  ] as const)("%s: NaN equals NaN, infinities only themselves", (_, make) => {
    const odd = make(NaN, Infinity, -Infinity, 1);
    expect(compareTensors(odd, odd, exact)).toEqual({ identical: true, within: true, maxUlps: 0, worst: null });
    expect(compareTensors(make(NaN), make(1), { absolute: 1e300, relative: 1 })).toMatchObject({
      within: false,
      maxUlps: null,
      worst: { expected: "NaN", got: 1 },
    });
    expect(compareTensors(make(Infinity), make(-Infinity), { absolute: 1, relative: 1 }).within).toBe(false);
    expect(compareTensors(make(Infinity), make(6e4), { absolute: 1, relative: 1 }).within).toBe(false);
    expect(compareTensors(make(6e4), make(Infinity), { absolute: 1, relative: 1 }).within).toBe(false);
  });

  test("another NaN is as good, -0 is not the bits of 0 and within any tolerance", () => {
    const quiet = tensor("FP16", Uint16Array.of(0x7e00));
    const other = tensor("FP16", Uint16Array.of(0xfe01));
    expect(compareTensors(quiet, other, exact).identical).toBe(true);
    expect(compareTensors(doubles(0), doubles(-0), exact)).toMatchObject({
      identical: false,
      within: true,
      maxUlps: 0,
    });
  });

  test("distances in representable values", () => {
    expect(compareTensors(singles(1), singles(1 + 2 ** -23), exact).maxUlps).toBe(1);
    expect(compareTensors(doubles(1), doubles(1 + 2 ** -52), exact).maxUlps).toBe(1);
    expect(compareTensors(halves(1), halves(1 + 2 ** -10), exact).maxUlps).toBe(1);
    // Across zero: one step to each side.
    expect(compareTensors(doubles(5e-324), doubles(-5e-324), exact).maxUlps).toBe(2);
    expect(ulpDistance.FP32(3.4028234663852886e38, -3.4028234663852886e38)).toBe(2 * 0x7f7fffff);
  });

  test("property: neighbours are one apart, and identical means no distance", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true, max: 1e300, min: -1e300 }), (value) => {
        const bits = new BigInt64Array(Float64Array.of(value).buffer);
        bits[0] = bits[0]! + 1n;
        const next = new Float64Array(bits.buffer)[0]!;
        expect(ulpDistance.FP64(value, next)).toBe(1);
        expect(compareTensors(doubles(value), doubles(value), exact).identical).toBe(true);
        expect(compareTensors(doubles(value), doubles(next), exact).within).toBe(value === next);
      }),
    );
  });

  test("property: within agrees with the formula", () => {
    const number = fc.float({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(number, number, fc.double({ min: 0, max: 10, noNaN: true }), (b, a, relative) => {
        const allowed = 0.125 + relative * Math.abs(b);
        const found = compareTensors(singles(b), singles(a), { absolute: 0.125, relative });
        expect(found.within).toBe(Math.abs(a - b) <= allowed);
      }),
    );
  });
});

describe("everything else is exact", () => {
  test("integers of 64 bits are told apart beyond 2^53", () => {
    const a = tensor("INT64", BigInt64Array.of(9007199254740993n));
    const b = tensor("INT64", BigInt64Array.of(9007199254740992n));
    expect(compareTensors(a, b, { absolute: 10, relative: 1 })).toEqual({
      identical: false,
      within: false,
      maxUlps: null,
      worst: { index: 0, expected: "9007199254740993", got: "9007199254740992", distance: Number.MAX_VALUE },
    });
    expect(compareTensors(a, a, exact)).toEqual({ identical: true, within: true, maxUlps: null, worst: null });
  });

  test("text, also where one side holds bytes", () => {
    const bytes = tensor("BYTES", [Buffer.from("é"), Uint8Array.of(255)]);
    expect(compareTensors(tensor("BYTES", ["é", Uint8Array.of(255)]), bytes, exact).identical).toBe(true);
    expect(compareTensors(tensor("BYTES", ["é", "x"]), bytes, exact).worst).toMatchObject({
      index: 1,
      expected: "x",
      got: { b64: "/w==" },
    });
  });

  test("booleans", () => {
    const found = compareTensors(tensor("BOOL", Uint8Array.of(1)), tensor("BOOL", Uint8Array.of(0)), defaultTolerance);
    expect(found.worst).toMatchObject({ index: 0, expected: true, got: false });
  });

  test("another datatype or shape is different", () => {
    expect(compareTensors(doubles(1), singles(1), exact)).toMatchObject({ identical: false, within: false });
    expect(compareTensors(doubles(1, 2), tensor("FP64", Float64Array.of(1, 2), [1, 2]), exact).within).toBe(false);
  });
});
