import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  addNumberToDistinct,
  addSortedToQuantiles,
  addTextToDistinct,
  addToFrequent,
  addToMoments,
  addToQuantiles,
  copyQuantileSketch,
  createDistinctSketch,
  createFrequentItems,
  createMoments,
  createNormal,
  createQuantileSketch,
  createRandom,
  distinctOf,
  listFrequent,
  mergeDistinctSketches,
  mergeFrequentItems,
  mergeMoments,
  mergeQuantileSketches,
  quantilesOf,
  rankOf,
  sortBatch,
  varianceOf,
  weightedValuesOf,
  type QuantileSketch,
} from "../index.ts";

/** What the share of values at or below a point may be wrong by, in 99 of 100 sketches. */
const rankError = (k: number) => 2.296 / k ** 0.9723;

function quantilesOfAll(values: ArrayLike<number>, k = 256): QuantileSketch {
  const sketch = createQuantileSketch(k);
  for (let i = 0; i < values.length; i++) addToQuantiles(sketch, values[i] as number);
  return sketch;
}

/** The greatest error of ranks at 99 points, as a share. */
function worstRank(sketch: QuantileSketch, values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  let worst = 0;
  for (let i = 1; i < 100; i++) {
    const at = sorted[Math.floor((i / 100) * sorted.length)] as number;
    const exact = sorted.findLastIndex((value) => value <= at) + 1;
    worst = Math.max(worst, Math.abs(rankOf(sketch, at) - exact) / sorted.length);
  }
  return worst;
}

describe("quantiles", () => {
  test("of a few values are exact", () => {
    const sketch = quantilesOfAll([5, 1, 4, 1, 3]);
    expect(quantilesOf(sketch, [0, 0.2, 0.4, 0.5, 0.8, 0.9, 1])).toEqual([1, 1, 1, 3, 4, 5, 5]);
    expect([0, 1, 3.5, 5].map((value) => rankOf(sketch, value))).toEqual([0, 2, 3, 5]);
    expect(quantilesOf(createQuantileSketch(), [0.5])).toEqual([Number.NaN]);
    expect(() => addToQuantiles(sketch, Number.NaN)).toThrow(RangeError);
    expect(() => createQuantileSketch(4)).toThrow(RangeError);
  });

  test("of many stay within the stated error, in any order and however they are merged", () => {
    const random = createRandom(11);
    const normal = createNormal(random);
    const streams = {
      normal: Array.from({ length: 20_000 }, normal),
      ascending: Array.from({ length: 20_000 }, (_, i) => i),
      ties: Array.from({ length: 20_000 }, () => Math.floor(10 * random())),
    };
    const errors: number[] = [];
    for (const values of Object.values(streams)) {
      errors.push(worstRank(quantilesOfAll(values), values));
      const parts = Array.from({ length: 37 }, (_, part) => quantilesOfAll(values.filter((_, i) => i % 37 === part)));
      const leftFirst = parts.reduce((a, b) => mergeQuantileSketches(a, b));
      const rightFirst = parts.reduceRight((a, b) => mergeQuantileSketches(b, a));
      for (const merged of [leftFirst, rightFirst]) {
        expect(merged).toMatchObject({ count: 20_000, min: Math.min(...values), max: Math.max(...values) });
        errors.push(worstRank(merged, values));
      }
    }
    // Each is the worst of 99 points, so it may be a little more than the error of one.
    expect(Math.max(...errors)).toBeLessThan(1.5 * rankError(256));
  });

  test("keep all weight, do not change what they are merged from, and hold few values", () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { maxLength: 200 }), { maxLength: 12 }),
        fc.integer({ min: 8, max: 40 }),
        (lists, k) => {
          let merged = createQuantileSketch(k);
          for (const list of lists) {
            const one = createQuantileSketch(k);
            addSortedToQuantiles(one, Float64Array.from(list).sort());
            const before = copyQuantileSketch(one);
            merged = mergeQuantileSketches(merged, one);
            expect(copyQuantileSketch(one)).toEqual(before);
          }
          const { values, weights } = weightedValuesOf(merged);
          expect(weights.reduce((sum, weight) => sum + weight, 0)).toBe(lists.flat().length);
          expect([...values]).toEqual([...values].sort((a, b) => a - b));
          expect(values.length).toBeLessThan(6 * k + 64);
        },
      ),
      { seed: 5, numRuns: 60 },
    );
  });

  test("are the same for the same values in the same order", () => {
    const values = Array.from({ length: 5_000 }, createNormal(createRandom(2)));
    expect(quantilesOfAll(values)).toEqual(quantilesOfAll(values));
  });
});

describe("distinct counts", () => {
  test("are exact up to 256 and within 5 standard errors beyond", () => {
    for (const size of [0, 1, 256, 300, 2_000, 20_000, 200_000]) {
      const sketch = createDistinctSketch();
      for (let i = 0; i < size; i++) addNumberToDistinct(sketch, i * 0.37);
      for (let i = 0; i < Math.min(size, 1000); i++) addNumberToDistinct(sketch, i * 0.37);
      const error = Math.abs(distinctOf(sketch) - size);
      expect(error).toBeLessThanOrEqual(size <= 256 ? 0 : 5 * 0.023 * size);
    }
    const texts = createDistinctSketch();
    for (let i = 0; i < 5_000; i++) addTextToDistinct(texts, `customer ${i}`);
    expect(Math.abs(distinctOf(texts) - 5_000)).toBeLessThan(5 * 0.023 * 5_000);
  });

  test("0 and -0 are one, and merges are a union in any order", () => {
    const zeros = createDistinctSketch();
    addNumberToDistinct(zeros, 0);
    addNumberToDistinct(zeros, -0);
    expect(distinctOf(zeros)).toBe(1);
    const parts = [0, 1, 2].map((part) => {
      const sketch = createDistinctSketch();
      for (let i = 0; i < [100, 900, 3_000][part]!; i++) addNumberToDistinct(sketch, i);
      return sketch;
    });
    const [a, b, c] = parts as [(typeof parts)[0], (typeof parts)[0], (typeof parts)[0]];
    const merged = mergeDistinctSketches(mergeDistinctSketches(a, b), c);
    expect(mergeDistinctSketches(mergeDistinctSketches(c, a), b)).toEqual(merged);
    expect(merged).toEqual(c);
    expect(distinctOf(a)).toBe(100);
  });
});

describe("frequent texts", () => {
  test("never count too much, and no more too little than they say", () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 300 }), { maxLength: 5 }),
        fc.integer({ min: 1, max: 20 }),
        (lists, capacity) => {
          const exact = new Map<string, number>();
          let merged = createFrequentItems(capacity);
          for (const list of lists) {
            const one = createFrequentItems(capacity);
            for (const number of list) {
              // Low numbers are frequent.
              const text = String(Math.floor(number ** 2 / 60));
              addToFrequent(one, text);
              exact.set(text, (exact.get(text) ?? 0) + 1);
            }
            merged = mergeFrequentItems(merged, one);
          }
          const total = lists.flat().length;
          expect(merged.total).toBe(total);
          expect(merged.error).toBeLessThanOrEqual(total / capacity);
          for (const [text, count] of exact) {
            const told = merged.counts.get(text) ?? 0;
            expect(told).toBeLessThanOrEqual(count);
            expect(told).toBeGreaterThanOrEqual(count - merged.error);
          }
        },
      ),
      { seed: 9, numRuns: 80 },
    );
  });

  test("are listed by their count, then by their text", () => {
    const items = createFrequentItems(3);
    for (const text of ["b", "a", "c", "a"]) addToFrequent(items, text);
    addToFrequent(items, "none", 0);
    expect(listFrequent(items)).toEqual([
      { value: "a", count: 2 },
      { value: "b", count: 1 },
      { value: "c", count: 1 },
    ]);
    expect(listFrequent(items, 1)).toHaveLength(1);
  });
});

test("moments of parts are those of the whole, far from zero as well", () => {
  const normal = createNormal(createRandom(3));
  const values = Float64Array.from({ length: 1_000 }, () => 1e9 + normal());
  const whole = createMoments();
  addToMoments(whole, values);
  const parts = [0, 300, 301].map((from, i) => {
    const part = createMoments();
    addToMoments(part, values.subarray(from, [300, 301, 1_000][i]));
    return part;
  });
  const merged = mergeMoments(mergeMoments(parts[0]!, parts[1]!), mergeMoments(parts[2]!, createMoments()));
  const mean = values.reduce((sum, value) => sum + value, 0) / 1_000;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 999;
  for (const moments of [whole, merged]) {
    expect(moments.mean).toBeCloseTo(mean, 5);
    expect(varianceOf(moments)).toBeCloseTo(variance, 5);
    expect(moments).toMatchObject({ count: 1_000, min: Math.min(...values), max: Math.max(...values) });
  }
  expect(varianceOf(createMoments())).toBeNaN();
});

test("a batch is sorted as a typed array sorts it, whatever 32-bit floats make of it", () => {
  const random = createRandom(8);
  const makers: (() => number)[] = [
    createNormal(random),
    () => Math.fround(createNormal(random)()),
    () => Math.floor(20 * random()) - 10,
    () => 1.7e12 + Math.floor(1e6 * random()),
    () => (random() - 0.5) * 1e300,
    () => (random() < 0.5 ? 0 : 5e-320),
  ];
  for (const make of makers)
    for (const size of [0, 1, 127, 128, 1_000, 1_024, 4_097]) {
      const values = Float64Array.from({ length: size }, make);
      const sorted = values.slice().sort();
      sortBatch(values);
      expect(values.map((value) => value + 0)).toEqual(sorted.map((value) => value + 0));
    }
});
