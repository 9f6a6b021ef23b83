import fc from "fast-check";
import { expect, test } from "vitest";
import { createHistogram } from "./histogram.ts";

const durations = fc.array(fc.double({ min: 0.2, max: 1e10, noNaN: true }), { minLength: 1, maxLength: 300 });

test("percentiles are within 1 % of the exact ones", () => {
  fc.assert(
    fc.property(durations, fc.double({ min: 0, max: 1, noNaN: true }), (values, share) => {
      const histogram = createHistogram();
      for (const value of values) histogram.record(value);
      const sorted = values.toSorted((a, b) => a - b);
      const exact = sorted[Math.max(1, Math.ceil(share * values.length)) - 1] ?? 0;
      expect(Math.abs(histogram.percentile(share) - exact)).toBeLessThanOrEqual(exact * 0.01);
    }),
  );
});

test("count, mean and maximum are exact; an empty one says 0", () => {
  const histogram = createHistogram();
  expect([histogram.percentile(0.5), histogram.mean, histogram.max]).toEqual([0, 0, 0]);
  for (const value of [0, 10, 20]) histogram.record(value);
  expect([histogram.count, histogram.mean, histogram.max]).toEqual([3, 10, 20]);
});

test("the distribution rises, ends with everything, and agrees with the percentiles", () => {
  fc.assert(
    fc.property(durations, (values) => {
      const histogram = createHistogram();
      for (const value of values) histogram.record(value);
      const points = histogram.distribution();
      expect(points.at(-1)).toEqual([1, Math.max(...values)]);
      for (const [i, [share, us]] of points.entries()) {
        if (i > 0) expect(share).toBeGreaterThan(points[i - 1]![0]);
        const exact = values.toSorted((a, b) => a - b)[Math.round(share * values.length) - 1] ?? 0;
        expect(Math.abs(us - exact)).toBeLessThanOrEqual(exact * 0.01);
      }
    }),
  );
  expect(createHistogram().distribution()).toEqual([]);
});
