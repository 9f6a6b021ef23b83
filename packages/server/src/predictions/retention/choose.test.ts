import fc from "fast-check";
import { expect, test } from "vitest";
import { type Aging, chooseExpired } from "./choose.ts";

const files: fc.Arbitrary<Aging[]> = fc
  .array(fc.record({ bytes: fc.nat({ max: 100 }), until: fc.nat({ max: 1000 }), free: fc.boolean() }))
  .map((all) => all.toSorted((a, b) => a.until - b.until));
const limit = fc.option(fc.nat({ max: 1000 }));

test("what goes is free and too old or too much; what stays is within the limits or may not go", () => {
  fc.assert(
    fc.property(files, limit, limit, (all, ageMs, bytes) => {
      const gone = new Set(chooseExpired(all, { ageMs, bytes }, 1000));
      const stay = all.filter((file) => !gone.has(file));
      const held = stay.reduce((sum, file) => sum + file.bytes, 0);
      for (const file of gone) expect(file.free).toBe(true);
      for (const file of stay.filter(({ free }) => free)) {
        if (ageMs !== null) expect(file.until).toBeGreaterThanOrEqual(1000 - ageMs);
        if (bytes !== null) expect(held).toBeLessThanOrEqual(bytes);
      }
      if (ageMs === null && bytes === null) expect(gone.size).toBe(0);
    }),
  );
});

test("for size the oldest go, and no more than must", () => {
  const all = [1, 2, 3, 4].map((until) => ({ until, bytes: 10, free: until !== 1 }));
  const untils = (bytes: number) => chooseExpired(all, { ageMs: null, bytes }, 5).map(({ until }) => until);
  expect(untils(40)).toEqual([]);
  expect(untils(39)).toEqual([2]);
  expect(untils(20)).toEqual([2, 3]);
  expect(untils(0)).toEqual([2, 3, 4]);
});
