import { expect, test } from "vitest";
import { zeta } from "../distributions/zeta.ts";
import { bernoulliInterval, betaBinomialMixture } from "./beta-binomial.ts";
import { gammaExponentialMixture, gammaPoissonMixture } from "./gamma-mixtures.ts";
import { mixtureRho, type Mixture } from "./mixture.ts";
import { mixtureSprt } from "./mixture-sprt.ts";
import { normalMixture } from "./normal-mixture.ts";
import { doubleStitching, empiricalProcessBound, polynomialStitching } from "./stitching.ts";

const vOpt = 100;
const mixtures: Readonly<Record<string, Mixture>> = {
  "normal two-sided": normalMixture({ vOpt, sides: 2 }),
  "normal one-sided": normalMixture({ vOpt, sides: 1 }),
  "gamma-exponential 1": gammaExponentialMixture({ vOpt, scale: 1 }),
  "gamma-exponential 2": gammaExponentialMixture({ vOpt, scale: 2 }),
  "gamma-Poisson": gammaPoissonMixture({ vOpt, scale: 2 }),
  "beta-binomial two-sided": betaBinomialMixture({ vOpt, below: 0.2, above: 0.8, sides: 2 }),
  "beta-binomial one-sided": betaBinomialMixture({ vOpt, below: 0.2, above: 0.8, sides: 1 }),
};

// confseq's unit tests (test/uniform_boundaries_unittest.cpp): ln E at s = 10, the bound at α = 0.05; v = vOpt = 100.
test.each([
  ["normal two-sided", -0.6510052, 30.35209],
  ["normal one-sided", -0.06502391, 27.66071],
  ["gamma-exponential 2", -0.2490165, 33.02017],
  ["gamma-Poisson", -0.06991219, 30.1949],
  ["beta-binomial two-sided", -0.6941012, 31.4308],
  ["beta-binomial one-sided", -0.07134019, 28.41238],
])("%s", (name, logE, bound) => {
  const mixture = mixtures[name]!;
  expect(mixture.logE(10, 100)).toBeCloseTo(logE, 6);
  expect(mixture.bound(100, 0.05)).toBeCloseTo(bound, 5);
  expect(mixture.logE(mixture.bound(100, 0.05), 100)).toBeCloseTo(Math.log(20), 9);
});

test.each([
  ["normal two-sided", [9.08437944, 12.19075315, 30.3520899, 102.51228683, 356.16410409]],
  ["normal one-sided", [8.88325927, 11.4926818, 27.66070883, 94.39391617, 332.79715678]],
  ["gamma-exponential 1", [10.67212849, 13.44722858, 30.23812962, 98.13556372, 338.64060519]],
])("bounds of %s at v = 1 to 10,000", (name, bounds) => {
  [1, 10, 100, 1000, 10_000].forEach((v, i) => expect(mixtures[name]!.bound(v, 0.05)).toBeCloseTo(bounds[i]!, 7));
});

test("the tuning, and a sum that cannot be larger than its range", () => {
  expect(mixtureRho({ vOpt, sides: 2 })).toBeCloseTo(12.60056, 5);
  expect(mixtures["beta-binomial one-sided"]!.bound(2 * 0.2 * 0.8, 0.05)).toBeCloseTo(1.6, 12);
});

test("stitched bounds", () => {
  expect(polynomialStitching(100, { alpha: 0.05, vMin: 10, scale: 3 })).toBeCloseTo(64.48755, 5);
  expect(polynomialStitching(100, { alpha: 0.05, vMin: 10, scale: -1 })).toBeCloseTo(28.99389, 5);
  // The unit test of confseq has 0.08204769 ± 0.00001, from another search; its package says 0.08204778770914738, as we do.
  expect(empiricalProcessBound(1000, { alpha: 0.05, tMin: 100 })).toBeCloseTo(0.08204769, 6);
  expect(empiricalProcessBound(1000, { alpha: 0.05, tMin: 100 })).toBeCloseTo(0.08204778770914738, 13);
  expect(empiricalProcessBound(99, { alpha: 0.05, tMin: 100 })).toBe(Number.POSITIVE_INFINITY);
  for (const [p, bound] of [
    [0.5, 68.62803],
    [0.9, 43.72119],
    [0.1, 59.96521],
  ] as const) {
    expect(doubleStitching(p, 1000, { alpha: 0.05, tOpt: 100 })).toBeCloseTo(bound, 5);
  }
});

test("ζ", () => {
  expect(zeta(2)).toBeCloseTo(Math.PI ** 2 / 6, 13);
  expect(zeta(4)).toBeCloseTo(Math.PI ** 4 / 90, 13);
  // mpmath.
  expect(zeta(1.4)).toBeCloseTo(3.10554727797758, 13);
  expect(zeta(1)).toBe(Number.POSITIVE_INFINITY);
});

test.each([
  // confseq's unit tests cut the digits off.
  [700, 1000, 0.05, 100, 0.6516298, 0.7459495, 7],
  [15, 50, 0.05, 50, 0.129557, 0.5118964, 7],
  [5, 50, 0.05, 50, 0.0130218, 0.2692647, 7],
  [1, 50, 0.05, 50, 0, 0.13489, 5],
  [1, 2, 0.05, 50, 0, 1, 5],
  [100, 200, 0.05, 1, 0.3289234, 0.6710766, 7],
  [0, 1, 0.05, 50, 0, 1, 6],
  [1, 1, 0.05, 50, 0, 1, 6],
  [10, 1000, 0.05, 1000, 0.00291699, 0.02237082, 8],
  [50, 1000, 0.05, 1000, 0.03149868, 0.07341128, 8],
  [0, 500, 0.05, 1000, 0, 0.00997176, 8],
  [5000, 10_000, 0.05, 5000, 0.48469431, 0.51530569, 8],
  [120, 100_000, 0.01, 20_000, 0.0008397, 0.0016392, 8],
])("the share of %i of %i at α = %d, tOpt = %i", (hits, trials, alpha, tOpt, lower, upper, digits) => {
  const found = bernoulliInterval({ hits, trials }, { alpha, tOpt });
  expect(found.lower).toBeCloseTo(lower, digits);
  expect(found.upper).toBeCloseTo(upper, digits);
});

test.each([
  [100, 0.1, 0.8874534402],
  [1000, 0.1, 3.2787216275],
  [1000, 0.05, 0.6872573884],
  [10_000, 0.02, 0.3732448429],
])("the mixture SPRT at n = %i, mean %d is the two-sided normal mixture", (n, mean, expected) => {
  const { logE, p } = mixtureSprt({ n, mean }, { variance: 2, mixing: 0.01 });
  expect(Math.exp(logE)).toBeCloseTo(expected, 10);
  expect(p).toBeCloseTo(Math.min(1, 1 / expected), 10);
  const rho = 2 / 0.01;
  const log = -2 * Math.log(0.05);
  const mixture = normalMixture({ vOpt: rho * (log + Math.log1p(log)), sides: 2 });
  expect(mixture.logE((n * mean) / Math.sqrt(2), n)).toBeCloseTo(logE, 12);
});

test("the p of the study", () => {
  expect(mixtureSprt({ n: 1000, mean: 0.1 }, { variance: 2, mixing: 0.01 }).p).toBeCloseTo(0.3049969206, 10);
});

test("what is out of range is refused", () => {
  expect(() => normalMixture({ vOpt: 0, sides: 1 })).toThrow("vOpt");
  expect(() => normalMixture({ vOpt: 1, sides: 1, alpha: 0.5 })).toThrow("alpha");
  expect(() => gammaExponentialMixture({ vOpt: 1, scale: 0 })).toThrow("scale");
  expect(() => betaBinomialMixture({ vOpt: 1, below: 0, above: 1, sides: 2 })).toThrow("below");
  expect(() => bernoulliInterval({ hits: 3, trials: 2 })).toThrow("3 hits in 2 trials");
  expect(() => empiricalProcessBound(10, { alpha: 0.05, tMin: 1, A: 0.5 })).toThrow("A is 0.5");
  expect(() => doubleStitching(1, 10, { alpha: 0.05, tOpt: 1 })).toThrow("between 0 and 1");
});
