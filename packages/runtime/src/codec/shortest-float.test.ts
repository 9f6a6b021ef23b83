import fc from "fast-check";
import { expect, test } from "vitest";
import { shortestFloat32 } from "./shortest-float.ts";

/** By trying every length, which is slow and plainly right. Doubles halfway between two float32 count only as integers. */
function reference(value: number): number {
  for (let digits = 1; digits < 9; digits++) {
    const candidate = Number(value.toPrecision(digits));
    const hair = Number.isSafeInteger(candidate) ? 0 : (candidate - value) * 1e-6;
    if (Math.fround(candidate + hair) === value) return candidate;
  }
  return Number(value.toPrecision(9));
}

const significantDigits = (value: number) => value.toExponential().replace(/^-|e.*$|\./g, "").length;

const bits = new DataView(new ArrayBuffer(4));
const anyBits = fc.integer({ min: 0, max: 0xffffffff }).map((pattern) => {
  bits.setUint32(0, pattern);
  return bits.getFloat32(0);
});

test("reads back as the same float32, in as few digits as any", () => {
  const check = (value: number) => {
    const shortest = shortestFloat32(value);
    expect(Math.fround(Number(String(shortest)))).toBe(value + 0);
    expect(significantDigits(shortest)).toBeLessThanOrEqual(significantDigits(reference(value)));
  };
  const ordinary = fc.double({ min: -1e6, max: 1e6, noNaN: true }).map(Math.fround);
  const decimals = fc.tuple(fc.integer({ min: -99999, max: 99999 }), fc.integer({ min: -12, max: 12 }));
  fc.assert(fc.property(anyBits.filter(Number.isFinite), check), { numRuns: 5000 });
  fc.assert(fc.property(ordinary, check), { numRuns: 5000 });
  fc.assert(fc.property(fc.double({ min: 0, max: 1, noNaN: true }).map(Math.fround), check), { numRuns: 5000 });
  fc.assert(
    fc.property(decimals, ([digits, exponent]) => {
      const decimal = Number(`${digits}e${exponent}`);
      expect(shortestFloat32(Math.fround(decimal))).toBe(decimal);
    }),
    { numRuns: 2000 },
  );
});

test("prints what a person typed", () => {
  for (const value of [0, 0.1, 0.2, 1 / 4, 1e-7, 1e10, 3.4e38, 1e-45, 16777216, 0.001, 1000.1, -277810000]) {
    expect(shortestFloat32(Math.fround(value)), String(value)).toBe(value === 1e-45 ? Number("1e-45") : value);
  }
  expect(shortestFloat32(NaN)).toBeNaN();
  expect(shortestFloat32(-Infinity)).toBe(-Infinity);
});
