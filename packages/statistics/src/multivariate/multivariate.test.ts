import { expect, test } from "vitest";
import type { FeatureColumn } from "../boosting/features.ts";
import { chunksOfSize, deviationThreshold } from "../estimation/threshold.ts";
import { meanMeasure } from "../metrics/measure.ts";
import { createNormal, createRandom } from "../random.ts";
import {
  CALIFORNIA,
  CENSUS,
  featuresOf,
  isCaliforniaHere,
  isCensusHere,
  isLongRun,
  readCalifornia,
  readCensus,
  sliceColumns,
  type Released,
} from "../testing/released-data.ts";
import { learnGoldens } from "../testing/samples.ts";
import { classifyDomain } from "./domain-classifier.ts";
import { symmetricEigen } from "./eigen.ts";
import { fitReconstruction, reconstructionErrors } from "./reconstruction.ts";

type Reconstruction = readonly [value: number, se: number, threshold: number, alert: boolean];
interface Goldens {
  readonly california_reconstruction: readonly Reconstruction[];
  readonly census_reconstruction: readonly Reconstruction[];
  readonly california_domain: readonly number[];
}

function reconstructed(parts: readonly Released[], names: readonly string[], size: number) {
  const known = parts[0]!;
  const model = fitReconstruction(featuresOf(known, names, known));
  const chunks = parts.map((data) => {
    const errors = reconstructionErrors(model, featuresOf(data, names, known));
    return chunksOfSize(data.rows, size).map(({ start, end }) => meanMeasure(errors.subarray(start, end)));
  });
  const { upper } = deviationThreshold(chunks[0]!.map(({ value }) => value));
  return { measures: chunks.flat(), upper: upper! };
}

async function expectReconstruction(
  of: Awaited<ReturnType<typeof readCensus>>,
  names: readonly string[],
  key: keyof Goldens,
) {
  const golden = learnGoldens<Goldens>("nannyml.json")[key] as readonly Reconstruction[];
  const { measures, upper } = reconstructed([of.reference, of.analysis], names, key.startsWith("census") ? 5000 : 730);
  expect(golden).toHaveLength(measures.length);
  for (const [i, [value, se, threshold, alert]] of golden.entries()) {
    expect(measures[i]!.value, `${key} of part ${i}`).toBeCloseTo(value, 9);
    expect(measures[i]!.standardError).toBeCloseTo(se, 9);
    expect(upper).toBeCloseTo(threshold, 9);
    if (measures[i]!.value! > upper) expect(alert).toBe(true);
  }
}

test.skipIf(!isCaliforniaHere)("reconstruction errors of numbers are NannyML's", async () => {
  await expectReconstruction(await readCalifornia(), CALIFORNIA, "california_reconstruction");
});

// Reading all columns of the census takes seconds.
test.skipIf(!isCensusHere || !isLongRun)("reconstruction errors with categories are NannyML's", async () => {
  await expectReconstruction(await readCensus(CENSUS), ["AGEP", ...CENSUS], "census_reconstruction");
});

test.skipIf(!isCaliforniaHere)(
  "a domain classifier tells months apart about as well as NannyML's",
  { timeout: 120_000 },
  async () => {
    const { reference, analysis } = await readCalifornia();
    const { california_domain: golden } = learnGoldens<Goldens>("nannyml.json");
    const [known, months] = [reference, analysis].map((data) => featuresOf(data, CALIFORNIA, reference)) as [
      FeatureColumn[],
      FeatureColumn[],
    ];
    for (const i of isLongRun ? golden.keys() : [3]) {
      const [start, end] = [730 * i, Math.min(analysis.rows, 730 * (i + 1))];
      const current = sliceColumns(months, start, end);
      const { auc, importance } = classifyDomain(known, current, { boosting: { trees: isLongRun ? 100 : 30 } });
      expect(Math.abs(auc.value! - golden[i]!)).toBeLessThan(0.06);
      // The months are places: it is where the houses stand that gives them away.
      expect(importance[6]! + importance[7]!).toBeGreaterThan(0.5);
    }
  },
);

/** Two numbers that go together, or the same ones apart. */
function pairs(n: number, { seed, together }: { seed: number; together: boolean }): FeatureColumn[] {
  const normal = createNormal(createRandom(seed));
  const base = Float64Array.from({ length: n }, () => normal());
  const noise = () => Float64Array.from(base, (value) => (together ? value : normal()) + normal() / 10);
  return [
    { kind: "number", values: base },
    { kind: "number", values: noise() },
    { kind: "category", codes: Int32Array.from(base, () => Math.floor((normal() + 5) / 3)) },
  ];
}

test("what no column shows by itself, both find; without a change neither does", () => {
  const reference = pairs(1500, { seed: 1, together: true });
  const [same, apart] = [pairs(500, { seed: 2, together: true }), pairs(500, { seed: 3, together: false })];
  const small = { boosting: { trees: 20 } };
  const calm = classifyDomain(reference, same, small).auc;
  expect(Math.abs(calm.value! - 0.5)).toBeLessThan(3.5 * calm.standardError!);
  expect(classifyDomain(reference, apart, { ...small, seed: 4 }).auc.value).toBeGreaterThan(0.8);
  const model = fitReconstruction(reference, 0.6);
  const mean = (columns: FeatureColumn[]) => meanMeasure(reconstructionErrors(model, columns)).value!;
  expect(mean(apart)).toBeGreaterThan(1.2 * mean(reference));
  expect(mean(same)).toBeLessThan(1.1 * mean(reference));
});

test("missing values, unseen categories and constant columns have a place", () => {
  const columns: FeatureColumn[] = [
    { kind: "number", values: [1, 2, Number.NaN, 3] },
    { kind: "number", values: [5, 5, 5, 5] },
    { kind: "category", codes: [0, 1, 1, -1] },
  ];
  const model = fitReconstruction(columns, 0.99);
  expect(JSON.parse(JSON.stringify(model))).toEqual(model);
  for (const error of reconstructionErrors(model, columns)) expect(error).toBeCloseTo(0, 6);
  const [error] = reconstructionErrors(model, [
    { kind: "number", values: [Infinity] },
    { kind: "number", values: [5] },
    { kind: "category", codes: [7] },
  ]);
  expect(Number.isFinite(error)).toBe(true);
  expect(() => fitReconstruction([])).toThrow("a column and a row");
  expect(() => classifyDomain(columns, columns)).toThrow("5 folds need as many rows");
});

test("eigenvectors of a symmetric matrix solve it", () => {
  const random = createRandom(8);
  const matrix = Array.from({ length: 25 }, () => new Float64Array(25));
  for (let i = 0; i < 25; i++) for (let j = 0; j <= i; j++) matrix[i]![j] = matrix[j]![i] = random() - 0.5;
  const { values, vectors } = symmetricEigen(matrix);
  for (const [k, vector] of vectors.entries()) {
    for (const [i, row] of matrix.entries()) {
      expect(row.reduce((sum, value, j) => sum + value * vector[j]!, 0)).toBeCloseTo(values[k]! * vector[i]!, 12);
    }
  }
  expect([...values]).toEqual([...values].toSorted((a, b) => b - a));
  expect(() =>
    symmetricEigen([
      [Number.NaN, 0],
      [0, 1],
    ]),
  ).toThrow("not a finite number");
});
