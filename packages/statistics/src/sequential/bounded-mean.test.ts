import { expect, test } from "vitest";
import { createRandom } from "../random.ts";
import {
  addBounded,
  boundedInterval,
  createBoundedMean,
  empiricalBernsteinRadius,
  hoeffdingRadius,
} from "./bounded-mean.ts";

const golden = Array.from({ length: 1000 }, (_, i) => ((i + 1) * 0.6180339887498949) % 1);

test.each([
  [10, 0, 1],
  [100, 0.39140162878823, 0.6088236824582973],
  [1000, 0.46663141532852936, 0.533089094013248],
])("the interval after %i values", (n, lower, upper) => {
  const found = boundedInterval(golden.slice(0, n).reduce(addBounded, createBoundedMean()));
  expect(found.lower).toBeCloseTo(lower, 13);
  expect(found.upper).toBeCloseTo(upper, 13);
});

test.each([
  [10, 1.0679411182],
  [100, 0.1375917814],
  [1000, 0.0309603607],
])("the empirical Bernstein radius after %i values", (n, radius) => {
  expect(empiricalBernsteinRadius(golden.slice(0, n))).toBeCloseTo(radius, 9);
});

test("Hoeffding's radius", () => {
  expect(hoeffdingRadius(100)).toBeCloseTo(0.1927527317, 10);
  expect(hoeffdingRadius(1000)).toBeCloseTo(0.0479908679, 10);
});

test("the mean is outside at some time in at most α of the runs", () => {
  const random = createRandom(5);
  let misses = 0;
  for (let run = 0; run < 200; run++) {
    let state = createBoundedMean({ alpha: 0.1 });
    for (let i = 0; i < 300; i++) {
      state = addBounded(state, random() < 0.05 ? random() : 0);
      const { lower, upper } = boundedInterval(state);
      if (lower > 0.025 || upper < 0.025) {
        misses++;
        break;
      }
    }
  }
  // P(Binomial(200, 0.1) > 33) = 0.2 %.
  expect(misses).toBeLessThanOrEqual(33);
});

test("nothing is known of nothing, and what is not in [0, 1] is refused", () => {
  expect(boundedInterval(createBoundedMean())).toEqual({ lower: 0, upper: 1 });
  expect(empiricalBernsteinRadius([])).toBe(Number.POSITIVE_INFINITY);
  expect(hoeffdingRadius(0)).toBe(Number.POSITIVE_INFINITY);
  for (const x of [-0.1, 1.1, Number.NaN]) expect(() => addBounded(createBoundedMean(), x)).toThrow(RangeError);
  expect(() => createBoundedMean({ alpha: 1 })).toThrow("alpha");
});
