import { expect, test } from "vitest";
import { createRandom } from "../random.ts";
import { sortNumbers } from "../sort.ts";
import { quantileInterval, quantileTest } from "./quantiles.ts";
import { doubleStitching } from "./stitching.ts";

const count = (from: number) => Array.from({ length: 1000 }, (_, i) => from + i);

test.each([
  [0.5, 70, 0.814704, 6],
  [0.5, 85, 0.0838055, 7],
  [0.5, 100, 0.0054947, 7],
  [0.9, 55, 0.0340463, 7],
])("the %d-quantiles of 1 to 1000 and of the same moved by %i", (quantile, by, p, digits) => {
  const options = { quantile, tOpt: 100 };
  expect(quantileTest(count(1), count(1 + by), options).p).toBeCloseTo(p, digits);
  expect(quantileTest(count(1 + by), count(1), options).p).toBeCloseTo(p, digits);
});

/** Quantiles of the exponential distribution of mean 50 at n even places. */
const latencies = (n: number, scale = 1) =>
  Array.from({ length: n }, (_, i) => -50 * scale * Math.log1p(-(i + 0.5) / n));

test.each([
  [0.9, 1.1, 0.92172935],
  [0.9, 1.2, 0.0019261525],
  [0.9, 1.5, 3.4e-17],
  [0.99, 1.2, 0.6207004],
  [0.99, 1.5, 0.00040828529],
  [0.5, 1.2, 0.0083233511],
])("the %d-quantiles of latencies and of %d times as large ones", (quantile, by, expected) => {
  const { p } = quantileTest(latencies(2000), latencies(2000, by), { quantile, tOpt: 2000 });
  expect(p / expected).toBeCloseTo(1, expected < 1e-10 ? 1 : 6);
});

test("the band of the 99 % quantile", () => {
  for (const [t, band] of [
    [10_000, 0.00463],
    [100_000, 0.0017],
  ] as const) {
    expect(doubleStitching(0.99, t, { alpha: 0.05, tOpt: 1000 }) / t).toBeCloseTo(band, 5);
  }
});

test("intervals of quantiles hold them, all times of a run together", () => {
  const random = createRandom(11);
  let misses = 0;
  for (let run = 0; run < 60; run++) {
    const values: number[] = [];
    let isMissed = false;
    for (let i = 0; i < 5; i++) {
      for (let k = 0; k < 200; k++) values.push(random());
      const sorted = sortNumbers(values);
      for (const quantile of [0.5, 0.9]) {
        for (const simultaneous of [false, true]) {
          const { lower, upper } = quantileInterval(sorted, { quantile, tOpt: 400, simultaneous });
          isMissed ||= !(lower <= quantile && quantile <= upper);
        }
      }
    }
    if (isMissed) misses++;
  }
  expect(misses).toBeLessThanOrEqual(5);
});

test("of few values nothing is said, of equal ones nothing false", () => {
  expect(quantileInterval([1, 2, 3], { quantile: 0.99 })).toEqual({
    lower: Number.NEGATIVE_INFINITY,
    upper: Number.POSITIVE_INFINITY,
  });
  expect(quantileInterval([], { quantile: 0.5 }).upper).toBe(Number.POSITIVE_INFINITY);
  expect(quantileTest([], [1, 2], { quantile: 0.5 })).toEqual({ logE: 0, p: 1 });
  const same = Array.from({ length: 5000 }, () => 7);
  expect(quantileTest(same, same, { quantile: 0.99 }).p).toBe(1);
  expect(() => quantileTest([1], [1], { quantile: 1 })).toThrow("between 0 and 1");
});
