import fc from "fast-check";
import { expect, test } from "vitest";
import { toRateArrivals, toTraceArrivals } from "./arrivals.ts";

const rate = fc.record({
  perSecond: fc.double({ min: 1, max: 5_000, noNaN: true }),
  warmUpMs: fc.integer({ min: 0, max: 2_000 }),
  durationMs: fc.integer({ min: 1, max: 3_000 }),
});

test("uniform times are a gap apart, from the warm-up to the end", () => {
  fc.assert(
    fc.property(rate, (setup) => {
      const times = [...toRateArrivals(setup)];
      const all = ((setup.warmUpMs + setup.durationMs) * setup.perSecond) / 1_000;
      expect(times[0]).toBe(-setup.warmUpMs);
      expect(Math.abs(times.length - all)).toBeLessThanOrEqual(1);
      expect(times.every((at) => at < setup.durationMs)).toBe(true);
    }),
  );
});

test("Poisson times have the rate, the spread and the seed that they should", () => {
  const setup = { perSecond: 1_000, warmUpMs: 0, durationMs: 20_000, arrivals: "poisson" as const };
  const times = [...toRateArrivals(setup)];
  expect(times.length / 20_000).toBeCloseTo(1, 1);
  const gaps = times.slice(1).map((at, i) => at - times[i]!);
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length);
  // An exponential distribution deviates by its mean.
  expect(deviation / mean).toBeCloseTo(1, 1);
  expect([...toRateArrivals(setup)]).toEqual(times);
  expect([...toRateArrivals({ ...setup, seed: 2 })]).not.toEqual(times);
});

test("a trace comes after a warm-up at its own rate, and no longer than it may", () => {
  const times = [...toTraceArrivals({ offsetsMs: [0, 10, 10, 500, 1_000], warmUpMs: 1_000, durationMs: 600 })];
  expect(times.filter((at) => at >= 0)).toEqual([0, 10, 10, 500]);
  expect(times.filter((at) => at < 0)).toHaveLength(4);
});
