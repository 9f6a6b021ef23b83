import { createNormal, createRandom } from "@slipway/statistics";
import { expect, test } from "vitest";
import type { ColumnPlan } from "../profiles/index.ts";
import { adjust, testColumn } from "./test-column.ts";

const number: ColumnPlan = {
  name: "distance",
  role: "input",
  kind: "number",
  edges: Float64Array.of(-2, -1, 0, 1, 2),
  categories: null,
  range: null,
  nullable: true,
};
const category: ColumnPlan = { ...number, name: "origin", kind: "category", edges: null, categories: ["ATL", "ORD"] };
const normal = createNormal(createRandom(7));
const sample = (n: number, shift = 0) => Float64Array.from({ length: n }, () => normal() + shift);

test("numbers: the same distribution is not told apart, a shift is, by its size in standard deviations", () => {
  const reference = sample(2000);
  const same = testColumn(number, reference, sample(1000));
  const moved = testColumn(number, reference, sample(1000, 0.5));
  expect(same).toMatchObject({ test: "ks", rows: 1000, referenceRows: 2000 });
  expect(same.p).toBeGreaterThan(0.01);
  expect(moved.p).toBeLessThan(1e-12);
  expect(moved.effect).toBeCloseTo(0.5, 1);
  expect(moved.psi).toBeGreaterThan(0.1);
  expect(moved.evidently).toMatchObject({ test: "wasserstein", drifted: true });
});

test("missing and infinite values are in no sample; an empty sample is not tested", () => {
  const odd = Float64Array.of(Number.NaN, Number.POSITIVE_INFINITY, 1, 2, 3);
  expect(testColumn(number, odd, sample(10))).toMatchObject({ test: "ks", referenceRows: 3 });
  expect(testColumn(number, odd, Float64Array.of(Number.NaN))).toMatchObject({ test: null, p: null, rows: 0 });
  expect(testColumn(category, ["ATL", null], [null])).toMatchObject({ test: null, referenceRows: 1, rows: 0 });
});

test("categories: both samples are samples, and what only one of them has counts", () => {
  const many = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts).flatMap(([value, count]) => Array.from({ length: count }, () => value));
  const reference = many({ ATL: 600, ORD: 400 });
  const same = testColumn(category, reference, many({ ATL: 290, ORD: 210 }));
  const moved = testColumn(category, reference, many({ ATL: 100, ORD: 350, XXX: 50 }));
  expect(same.p).toBeGreaterThan(0.1);
  expect(moved).toMatchObject({ test: "chi_square", rows: 500 });
  expect(moved.effect).toBeCloseTo(0.4, 10);
  expect(moved.p).toBeLessThan(1e-12);
  const adjusted = adjust([same, moved, testColumn(category, [], [])]);
  expect(adjusted.map(({ pAdjusted }) => pAdjusted === null)).toEqual([false, false, true]);
  expect(adjusted[1]!.pAdjusted).toBeGreaterThan(moved.p!);
});
