import { expect, test } from "vitest";
import { createNormal, createRandom } from "../random.ts";
import { countInBins, evenEdges } from "./histogram.ts";
import {
  hellinger,
  jensenShannon,
  kullbackLeibler,
  maximumDifference,
  populationStability,
  totalVariation,
} from "./divergences.ts";
import { energyDistance, normedWasserstein, wasserstein, wassersteinOfBins } from "./wasserstein.ts";

const normal = createNormal(createRandom(11));
const draw = (n: number, shift = 0) => Float64Array.from({ length: n }, () => normal() + shift);

test("Wasserstein's distance from bins is that of the values, but for a bin's width", () => {
  const [a, b] = [draw(5000), draw(5000, 0.3)];
  const exact = wasserstein(a, b);
  for (const bins of [50, 400]) {
    const edges = evenEdges([-6, 6], bins);
    const distance = wassersteinOfBins(countInBins(a, edges), countInBins(b, edges), edges);
    expect(Math.abs(distance - exact)).toBeLessThan(12 / bins / 4);
  }
});

test("Wasserstein's distance from bins: all mass one bin further is the width of a bin", () => {
  expect(wassersteinOfBins([10, 0], [0, 40], [0, 2, 4])).toBeCloseTo(2, 12);
  expect(wassersteinOfBins([1, 1], [1, 1], [0, 2, 4])).toBe(0);
  // In the second bin one sample overtakes the other.
  expect(wassersteinOfBins([2, 0, 2], [1, 2, 1], [0, 1, 2, 3])).toBeCloseTo(0.375, 12);
  expect(() => wassersteinOfBins([1], [1], [0, 1, 2])).toThrow("3 edges make 2 bins; the histograms have 1 and 1.");
});

test("a constant column has the norm 0.001", () => {
  expect(normedWasserstein([1, 1, 1], [1.5, 1.5])).toBeCloseTo(500, 9);
});

test("infinite values are infinitely far", () => {
  expect(wasserstein([1, 2], [1, Number.POSITIVE_INFINITY])).toBe(Number.POSITIVE_INFINITY);
  expect(wasserstein([1, Number.POSITIVE_INFINITY], [1, Number.POSITIVE_INFINITY])).toBe(0);
  expect(energyDistance([Number.NEGATIVE_INFINITY, 1], [Number.NEGATIVE_INFINITY, 1])).toBe(0);
});

test("distances of one distribution from itself are 0, of disjoint ones as large as can be", () => {
  for (const distance of [
    jensenShannon,
    kullbackLeibler,
    populationStability,
    hellinger,
    totalVariation,
    maximumDifference,
  ]) {
    expect(distance([1, 2, 3], [10, 20, 30])).toBeCloseTo(0, 8);
  }
  expect(jensenShannon([1, 0], [0, 1], 2)).toBe(1);
  expect(jensenShannon([1, 0], [0, 1])).toBeCloseTo(Math.sqrt(Math.LN2), 15);
  expect(kullbackLeibler([1, 1], [1, 0])).toBe(Number.POSITIVE_INFINITY);
  expect(populationStability([1, 0], [0, 1])).toBe(Number.POSITIVE_INFINITY);
  expect(populationStability([1, 0], [0, 1], 0.5)).toBeGreaterThan(0);
  expect(populationStability([1, 0], [0, 1], 0.5)).toBeLessThan(10);
  expect(hellinger([1, 0], [0, 1])).toBe(1);
  expect(totalVariation([1, 0], [0, 1])).toBe(1);
});

test("samples of other levels, or of none, are refused", () => {
  expect(() => jensenShannon([1, 2], [1, 2, 3])).toThrow("The samples have 2 and 3 levels.");
  expect(() => hellinger([0, 0], [1, 2])).toThrow("A distribution has no counts.");
  expect(() => wasserstein([], [1])).toThrow("A sample is empty.");
});

test("every value is in the bin whose edges hold it, whatever the widths", () => {
  const values = draw(3000).map((value) => value ** 5);
  const edges = Float64Array.from([...draw(40).map((value) => value ** 3), -1e4, 0, 1e-9, 2e-9, 1e4]).sort();
  const slow = new Float64Array(edges.length - 1);
  for (const value of [...values, ...edges]) {
    if (value === edges.at(-1)) slow[slow.length - 1]!++;
    else slow[edges.findLastIndex((edge) => edge <= value)]!++;
  }
  expect(countInBins([...values, ...edges], edges)).toEqual(slow);
});

test("bins are closed to the left, the last one to both sides; what is outside is in none", () => {
  expect([...countInBins([0, 1, 1, 2, 3, -1, 4, Number.NaN], [0, 1, 3])]).toEqual([1, 4]);
  expect([...countInBins([-1e300, 0, 7], [Number.NEGATIVE_INFINITY, 0, 1, Number.POSITIVE_INFINITY])]).toEqual([
    1, 1, 1,
  ]);
  expect([...countInBins([5, 5, 6], [5, 5])]).toEqual([2]);
  // Edges that no equal width fits.
  expect([...countInBins([0.5, 5, 50, 500], [0, 1, 10, 100, 1000])]).toEqual([1, 1, 1, 1]);
});
