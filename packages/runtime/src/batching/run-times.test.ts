import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createRunTimes } from "./run-times.ts";

describe("times of runs", () => {
  test("the line through the runs is found, whatever its parts", () => {
    const parts = fc.record({
      base: fc.double({ min: 0.01, max: 20, noNaN: true }),
      perRow: fc.double({ min: 0.001, max: 5, noNaN: true }),
      sizes: fc.array(fc.integer({ min: 1, max: 256 }), { minLength: 60, maxLength: 120 }),
    });
    fc.assert(
      fc.property(parts, ({ base, perRow, sizes }) => {
        fc.pre(new Set(sizes).size > 5);
        const times = createRunTimes();
        for (let round = 0; round < 20; round++) for (const rows of sizes) times.observe(rows, base + perRow * rows);
        for (const rows of [1, 64, 256]) {
          const right = base + perRow * rows;
          expect(Math.abs(times.predict(rows) - right)).toBeLessThan(0.02 * right + 0.02);
        }
      }),
    );
  });

  test("what was learned of the slope stays while all runs are alike", () => {
    const times = createRunTimes();
    for (let i = 0; i < 50; i++) for (const rows of [1, 8, 64]) times.observe(rows, 2 + 0.1 * rows);
    for (let i = 0; i < 5000; i++) times.observe(16, 2 + 0.1 * 16);
    expect(times.predict(64)).toBeCloseTo(8.4, 0);
    expect(times.predict(16)).toBeCloseTo(3.6, 1);
  });

  test("a machine that got slower is noticed, a single late run is not", () => {
    const times = createRunTimes();
    for (let i = 0; i < 300; i++) times.observe(1 + (i % 8), 1 + 0.5 * (1 + (i % 8)));
    const before = times.predict(4);
    times.observe(4, 500);
    expect(times.predict(4)).toBeLessThan(1.1 * before);
    for (let i = 0; i < 2000; i++) times.observe(1 + (i % 8), 2 * (1 + 0.5 * (1 + (i % 8))));
    expect(times.predict(4)).toBeCloseTo(2 * before, 1);
  });

  test("rows that fit into a time, and whether sharing a run pays", () => {
    const shared = createRunTimes();
    const flat = createRunTimes();
    expect(shared.rowsWithin(1, 64)).toBe(64);
    for (let i = 0; i < 200; i++) {
      const rows = 1 + (i % 16);
      shared.observe(rows, 1 + 0.1 * rows);
      flat.observe(rows, 0.05 + 2.6 * rows);
    }
    expect(shared.rowsWithin(2, 64)).toBeGreaterThanOrEqual(9);
    expect(shared.rowsWithin(2, 64)).toBeLessThanOrEqual(10);
    expect(shared.rowsWithin(0.1, 64)).toBe(1);
    expect(shared.rowsWithin(1e9, 64)).toBe(64);
    // At 190 rows, 1 of 20 ms are the base.
    expect(shared.rowsWithin(1e9, 1024)).toBeGreaterThan(150);
    expect(shared.rowsWithin(1e9, 1024)).toBeLessThan(230);
    expect([shared.pays(), flat.pays()]).toEqual([true, false]);
  });
});
