import { expect, test } from "vitest";
import { createNormal, createRandom } from "../random.ts";
import { andersonDarling } from "./anderson-darling.ts";
import { chiSquareHomogeneity, poolRareLevels, total } from "./contingency.ts";
import { cramerVonMises } from "./cramer-von-mises.ts";
import { eppsSingleton } from "./epps-singleton.ts";
import { fisherExact } from "./fisher.ts";
import { kolmogorovSmirnov } from "./kolmogorov-smirnov.ts";
import { mannWhitney } from "./mann-whitney.ts";
import { maximumMeanDiscrepancy } from "./mmd.ts";
import { createPermute, permutationOfCounts } from "./permutation.ts";
import { proportionsTest } from "./proportions.ts";
import { tTest } from "./student.ts";

const random = createRandom(3);
const normal = createNormal(random);
const draw = (n: number, shift = 0) => Float64Array.from({ length: n }, () => normal() + shift);

/** How many of so many rounds say "different" at 5 %. */
function alarms(rounds: number, p: () => number): number {
  let alarmed = 0;
  for (let i = 0; i < rounds; i++) if (p() < 0.05) alarmed++;
  return alarmed / rounds;
}

const ROUNDS = process.env["MODE"] === "all" ? 4000 : 400;

test.each(
  Object.entries({
    "Kolmogorov-Smirnov": (a: Float64Array, b: Float64Array) => kolmogorovSmirnov(a, b).p,
    "Anderson-Darling": (a: Float64Array, b: Float64Array) => andersonDarling(a, b).p,
    "Cramér-von Mises": (a: Float64Array, b: Float64Array) => cramerVonMises(a, b).p,
    "Mann-Whitney": (a: Float64Array, b: Float64Array) => mannWhitney(a, b).p,
    "Epps-Singleton": (a: Float64Array, b: Float64Array) => eppsSingleton(a, b).p,
    Student: (a: Float64Array, b: Float64Array) => tTest(a, b).p,
  }),
)("%s: one of twenty equal pairs alarms, of pairs half a deviation apart nearly all do", (_, p) => {
  expect(alarms(ROUNDS, () => p(draw(60), draw(90)))).toBeLessThan(0.09);
  expect(alarms(ROUNDS / 8, () => p(draw(150), draw(150, 0.5)))).toBeGreaterThan(0.8);
});

test("chi-square takes both samples for samples: 50 rare levels raise no false alarm", () => {
  // Zipf's shares, where Evidently's test of fit alarms at 99.7 % of equal pairs.
  const weights = Array.from({ length: 50 }, (_, i) => 1 / (i + 1));
  const sum = total(weights);
  const counts = () => {
    const own = new Float64Array(50);
    for (let i = 0; i < 500; i++) {
      let [level, left] = [0, random() * sum];
      while ((left -= weights[level]!) > 0 && level < 49) level++;
      own[level]!++;
    }
    return own;
  };
  expect(alarms(ROUNDS, () => chiSquareHomogeneity(...poolRareLevels(counts(), counts())).p)).toBeLessThan(0.09);
  expect(alarms(ROUNDS, () => chiSquareHomogeneity(counts(), counts()).p)).toBeLessThan(0.1);
});

test("rare levels are put together until each is expected often enough", () => {
  expect(poolRareLevels([50, 3, 2, 0], [50, 1, 4, 0])).toEqual([
    [50, 5],
    [50, 5],
  ]);
  // Of 20 and 2 only two are expected in the smaller sample.
  expect(poolRareLevels([950, 30, 20], [95, 3, 2])).toEqual([
    [950, 50],
    [95, 5],
  ]);
  expect(poolRareLevels([50, 1], [50, 0])).toEqual([[51], [50]]);
  expect(poolRareLevels([1, 1], [1, 0])).toEqual([[2], [1]]);
});

test("one level, or the same share of everything, is no difference", () => {
  expect(chiSquareHomogeneity([7, 0], [9, 0])).toEqual({ statistic: 0, df: 0, p: 1 });
  expect(proportionsTest({ hits: 5, n: 5 }, { hits: 9, n: 9 }).p).toBe(1);
  expect(fisherExact([0, 0, 3, 4])).toBe(1);
  expect(mannWhitney([1, 1, 1], [1, 1]).p).toBe(1);
  expect(kolmogorovSmirnov([2, 2], [2, 2, 2])).toMatchObject({ statistic: 0, p: 1 });
});

test("the largest difference of two distributions has a place, which is the first of several", () => {
  expect(kolmogorovSmirnov([1, 2, 3, 4], [3, 4, 5, 6])).toMatchObject({ statistic: 0.5, location: 2, sign: 1 });
  expect(kolmogorovSmirnov([3, 4, 5, 6], [1, 2, 3, 4])).toMatchObject({ statistic: 0.5, location: 2, sign: -1 });
  expect(kolmogorovSmirnov([1, 1, 1, 9], [1, 1, 5, 5])).toMatchObject({ statistic: 0.25, location: 1, sign: 1 });
});

test("what cannot be compared is refused in words", () => {
  expect(() => kolmogorovSmirnov([], [1])).toThrow("A sample is empty.");
  expect(() => kolmogorovSmirnov([Number.NaN], [1])).toThrow("A sample is empty.");
  expect(() => andersonDarling([1, 1, 1], [1, 1])).toThrow("All values are the same.");
  expect(() => eppsSingleton([1, 1, 1, 1, 1], [1, 1, 1, 1, 9])).toThrow("has no scale");
  expect(() => fisherExact([1.5, 1, 1, 1])).toThrow("takes counts, not 1.5, 1, 1, 1");
  expect(() => chiSquareHomogeneity([0, 0], [1, 2])).toThrow("A sample has no counts.");
});

test("a p by permutation is never 0, and about the share of permutations that reach the distance", () => {
  const permute = createPermute(createRandom(5));
  const distance = (a: Float64Array, b: Float64Array) => Math.abs(a[0]! / total(a) - b[0]! / total(b));
  const zeros = Array.from({ length: 40 }, () => 0);
  const ones = zeros.map(() => 1);
  const apart = permutationOfCounts({ a: zeros, b: ones }, distance, { iterations: 199, permute });
  expect(apart).toEqual({ statistic: 1, p: 1 / 200 });
  const same = permutationOfCounts({ a: [...zeros, ...ones], b: [...zeros, ...ones] }, distance, {
    iterations: 99,
    permute,
  });
  expect(same.p).toBe(1);
});

test("the maximum mean discrepancy sees what a mean does not", () => {
  const permute = createPermute(createRandom(6));
  const wide = draw(120).map((value) => value * 3);
  expect(maximumMeanDiscrepancy(draw(120), wide, { iterations: 99, permute }).p).toBeLessThan(0.05);
  expect(maximumMeanDiscrepancy(draw(120), draw(120), { iterations: 99, permute }).p).toBeGreaterThan(0.05);
  expect(() => maximumMeanDiscrepancy(draw(2001), draw(2000), { iterations: 1, permute })).toThrow(
    "4001 values are too many",
  );
});
