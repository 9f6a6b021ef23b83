import { expect, test } from "vitest";
import { binarySample, learnGoldens } from "../testing/samples.ts";
import { applyIsotonic, fitIsotonic } from "./isotonic.ts";
import { calibrationError, reliability } from "./calibration-error.ts";

interface IsotonicGolden {
  readonly n: number;
  readonly seed: number;
  readonly digits: number;
  readonly x: readonly number[] | null;
  readonly y: readonly number[] | null;
  readonly predicted: readonly number[];
  readonly weighted: readonly number[];
}

const { isotonic } = learnGoldens<{ isotonic: readonly IsotonicGolden[] }>("metrics-sklearn.json");
const grid = Float64Array.from({ length: 29 }, (_, i) => -0.2 + (1.4 * i) / 28);

test.each(isotonic)("isotonic regression is scikit-learn's ($n rows)", ({ x, y, predicted, weighted, ...sample }) => {
  const { truth, score } = binarySample(sample);
  const line = fitIsotonic(score, truth);
  if (x !== null && y !== null) {
    expect(line.x).toEqual(x);
    for (const [i, value] of y.entries()) expect(line.y[i]).toBeCloseTo(value, 12);
  }
  for (const [i, value] of applyIsotonic(line, grid).entries()) expect(value).toBeCloseTo(predicted[i]!, 12);
  const weight = Float64Array.from(score, (_, i) => 1 + (i % 3));
  const heavy = applyIsotonic(fitIsotonic(score, truth, weight), grid);
  for (const [i, value] of heavy.entries()) expect(value).toBeCloseTo(weighted[i]!, 12);
});

test("a line never falls, weights of 0 count for nothing, and what is missing stays missing", () => {
  const { truth, score } = binarySample({ n: 300, seed: 77, digits: 3 });
  const { y } = fitIsotonic(score, truth);
  expect(y.every((value, i) => i === 0 || value >= y[i - 1]!)).toBe(true);
  const weight = Float64Array.from(score, (_, i) => Number(i < 100));
  expect(fitIsotonic(score, truth, weight)).toEqual(fitIsotonic(score.slice(0, 100), truth.slice(0, 100)));
  expect(applyIsotonic({ x: [0, 1], y: [0, 1] }, [Number.NaN, 0.25])).toEqual(Float64Array.of(Number.NaN, 0.25));
  expect(() => fitIsotonic([1], [1], [0])).toThrow("at least one row");
});

test("the calibration error is the mean gap of the bins", () => {
  const truth = [0, 0, 1, 0, 1, 1];
  const probability = [0.05, 0.15, 0.15, 0.85, 0.95, 1];
  // By count, 3 bins of 2: gaps |0.1 - 0|, |0.5 - 0.5|, |0.975 - 1|.
  expect(calibrationError(truth, probability, { bins: 3 }).value).toBeCloseTo((0.1 + 0 + 0.025) / 3, 12);
  // By width, 2 bins of 3: gaps |0.35 - 1| and |2.8 - 2|, over 6 rows.
  expect(calibrationError(truth, probability, { bins: 2, by: "width" }).value).toBeCloseTo((0.65 + 0.8) / 6, 12);
  expect(reliability(truth, probability, { bins: 2, by: "width" }).map(({ count }) => count)).toEqual([3, 3]);
  expect(calibrationError([], [])).toEqual({ value: null, standardError: null });
});
