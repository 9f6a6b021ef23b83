import { expect, test } from "vitest";
import { chiSquareFit } from "../tests/contingency.ts";
import { mcnemarEvidence, pairedEffect, pairedHarm } from "./paired.ts";
import { sampleRatioEvidence } from "./sample-ratio.ts";

test.each([
  [10, 25, 0.5, 3.702613],
  [10, 25, 1, 5.199043],
  [10, 25, 10, 4.938097],
  [20, 40, 0.5, 3.066398],
  [0, 8, 0.5, 50.273437],
  [100, 140, 10, 6.093222],
  [12, 30, 1, 9.249328],
])("%i against %i pairs, a = %d", (championOnly, challengerOnly, concentration, e) => {
  const { logE, p } = mcnemarEvidence({ championOnly, challengerOnly }, { concentration });
  expect(Math.exp(logE)).toBeCloseTo(e, 5);
  expect(p).toBeCloseTo(1 / e, 6);
});

test("the direction of a paired difference", () => {
  const worse = pairedHarm({ championOnly: 60, challengerOnly: 15 });
  expect(worse.pHarm).toBeLessThan(1e-4);
  expect(worse.pImprovement).toBe(1);
  const better = pairedHarm({ championOnly: 15, challengerOnly: 60 });
  expect(better.logImprovement).toBeCloseTo(worse.logHarm, 12);
  expect(pairedHarm({ championOnly: 60, challengerOnly: 15 }, { tolerate: 4 }).pHarm).toBe(1);
});

test("differences of losses are an estimate", () => {
  expect(pairedEffect({ n: 400, mean: 0.2, variance: 4 })).toEqual({ estimate: 0.2, standardError: 0.1, n: 400 });
});

test("a fixed look at the sample ratio is the chi-square test", () => {
  const { statistic, p } = chiSquareFit([5200, 4800], [5000, 5000]);
  expect(statistic).toBeCloseTo(16, 10);
  expect(p / 6.334248e-5).toBeCloseTo(1, 6);
});

test.each([
  [[5200, 4800], [0.5, 0.5], 100, 5.613613],
  [[5000, 5000], [0.5, 0.5], 100, -2.310035],
  [[900, 100], [0.9, 0.1], 100, -1.206605],
  [[5200, 4800], [0.5, 0.5], 10_000, 3.653881],
  [[5200, 4800], [0.5, 0.5], 1, 3.171148],
])("units %j of shares %j, concentration %i", (counts, shares, concentration, logE) => {
  expect(sampleRatioEvidence(counts, shares, { concentration }).logE).toBeCloseTo(logE, 6);
});

test("p of a ratio", () => {
  expect(sampleRatioEvidence([5200, 4800], [0.5, 0.5]).p).toBeCloseTo(0.0036479, 7);
  expect(sampleRatioEvidence([5000, 5000], [0.5, 0.5]).p).toBe(1);
});

test("what is out of range is refused", () => {
  expect(() => sampleRatioEvidence([1], [0.5, 0.5])).toThrow("one for each of 2 shares");
  expect(() => sampleRatioEvidence([1, 1], [0.5, 0.4])).toThrow("their sum is 1");
  expect(() => sampleRatioEvidence([1, 1], [1, 0])).toThrow("above 0");
  expect(() => mcnemarEvidence({ championOnly: -1, challengerOnly: 0 })).toThrow("pairs");
  expect(() => mcnemarEvidence({ championOnly: 1, challengerOnly: 0 }, { concentration: 0 })).toThrow("concentration");
});
