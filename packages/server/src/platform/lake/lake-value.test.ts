import fc from "fast-check";
import { expect, test } from "vitest";
import { shortestFloat } from "./lake-value.ts";

test("a 32-bit float is told by its shortest decimal, which is that float again", () => {
  expect(shortestFloat(Math.fround(0.7))).toBe(0.7);
  expect(shortestFloat(Math.fround(1 / 3))).toBe(0.33333334);
  fc.assert(fc.property(fc.float({ noNaN: true }), (value) => Math.fround(shortestFloat(value)) === value));
});
