import fc from "fast-check";
import { expect, test } from "vitest";
import { anyDatatype, tensorOf } from "./codec/testing/arbitraries.ts";
import { concatRows, fromHalfBits, sliceRows, toHalfBits } from "./datatype.ts";
import type { Tensor } from "./tensor.ts";

test("slices put together again are the whole", () => {
  const shape = fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 3 })).map((dims) => [...dims]);
  fc.assert(
    fc.property(tensorOf({ datatype: anyDatatype, shape }), fc.array(fc.nat({ max: 40 })), (tensor, cuts) => {
      const rows = tensor.shape[0]!;
      const ends = [0, ...cuts.filter((cut) => cut < rows).toSorted((a, b) => a - b), rows];
      const parts = ends.slice(1).map((end, i) => sliceRows(tensor, ends[i]!, end));
      expect(concatRows(parts)).toEqual(tensor);
    }),
  );
});

test("a slice is a view of its rows", () => {
  const data = Float32Array.of(1, 2, 3, 4, 5, 6);
  const slice = sliceRows({ name: "x", datatype: "FP32", shape: [3, 2], data }, 1, 2);
  expect(slice).toEqual({ name: "x", datatype: "FP32", shape: [1, 2], data: Float32Array.of(3, 4) });
  expect((slice.data as Float32Array).buffer).toBe(data.buffer);
});

test("tensors of other shapes do not mix", () => {
  const of = (shape: number[]): Tensor => ({ name: "x", datatype: "INT8", shape, data: new Int8Array(4) });
  expect(() => concatRows([of([2, 2]), of([1, 4])])).toThrow("do not go together");
  expect(() => concatRows([of([4]), { ...of([4]), datatype: "BOOL", data: new Uint8Array(4) }])).toThrow();
});

test("halves", () => {
  expect([1, -2, 65504, 65520, 0.1, NaN].map(toHalfBits)).toEqual([0x3c00, 0xc000, 0x7bff, 0x7c00, 0x2e66, 0x7e00]);
  expect([0x3c00, 0x2e66, 0x0001].map(fromHalfBits)).toEqual([1, 0.0999755859375, 2 ** -24]);
});
