import { expect, test } from "vitest";
import { logLoss } from "../metrics/probability.ts";
import { rocAuc } from "../metrics/ranking.ts";
import { regressionMeasures } from "../metrics/regression.ts";
import { pickRows } from "../multivariate/domain-classifier.ts";
import { createNormal, createRandom } from "../random.ts";
import {
  CALIFORNIA,
  CENSUS,
  featuresOf,
  isCaliforniaHere,
  isCensusHere,
  isLongRun,
  readCalifornia,
  readCensusReference,
  sliceColumns,
} from "../testing/released-data.ts";
import { learnGoldens } from "../testing/samples.ts";
import { fitBoosting, gainShares, predictBoosting, type BoostingOptions } from "./boosting.ts";
import { applyBins, encodeCategories, makeBins, type FeatureColumn } from "./features.ts";
import { permutationImportance } from "./permutation-importance.ts";

interface Goldens {
  readonly california: { readonly roc_auc: number; readonly log_loss: number };
  readonly california_missing: { readonly roc_auc: number; readonly log_loss: number };
  readonly census: { readonly roc_auc: number; readonly log_loss: number };
  readonly census_part: { readonly roc_auc: number; readonly log_loss: number };
  readonly california_regression: { readonly r2: number; readonly mae: number };
}

/** Of scikit-learn's HistGradientBoosting: even rows train, odd rows test. */
const goldens = learnGoldens<Goldens>("boosting-sklearn.json");

function halves(columns: readonly FeatureColumn[], target: Float64Array) {
  const rows = Uint32Array.from({ length: target.length }, (_, i) => i);
  const [even, odd] = [rows.filter((i) => i % 2 === 0), rows.filter((i) => i % 2 === 1)];
  const part = (of: Uint32Array) => ({
    columns: pickRows(columns, of),
    target: Float64Array.from(of, (i) => target[i]!),
  });
  return { train: part(even), test: part(odd) };
}

function learn(columns: readonly FeatureColumn[], target: Float64Array, loss: BoostingOptions["loss"]) {
  const { train, test } = halves(columns, target);
  const model = fitBoosting(train.columns, train.target, { loss });
  return { truth: test.target, predicted: predictBoosting(model, test.columns), model };
}

function withHoles(columns: readonly FeatureColumn[]): FeatureColumn[] {
  return columns.map((column, f) => {
    if (column.kind !== "number") return column;
    return {
      kind: "number",
      values: Float64Array.from(column.values, (value, i) => (i % 7 === f % 7 ? Number.NaN : value)),
    };
  });
}

test.skipIf(!isCaliforniaHere)("houses are told apart as well as by scikit-learn", { timeout: 120_000 }, async () => {
  const { reference } = await readCalifornia();
  const columns = featuresOf(reference, CALIFORNIA, reference);
  for (const [name, given] of [
    ["california", columns],
    ["california_missing", withHoles(columns)],
  ] as const) {
    const { truth, predicted } = learn(given, reference.truth, "logistic");
    expect(rocAuc(truth, predicted).value, name).toBeGreaterThan(goldens[name].roc_auc - 0.005);
    expect(logLoss(truth, predicted).value, name).toBeLessThan(goldens[name].log_loss + 0.01);
  }
  const rest = featuresOf(reference, CALIFORNIA.slice(1), reference);
  const { truth, predicted } = learn(rest, reference.numbers["MedInc"]!, "squared");
  const { r2, mae } = regressionMeasures(truth, predicted);
  expect(r2.value).toBeGreaterThan(goldens.california_regression.r2 - 0.01);
  expect(mae.value).toBeLessThan(goldens.california_regression.mae * 1.02);
});

// All of the census in a long run, else its first 12,000 people.
const people = isLongRun ? 68_785 : 12_000;

test.skipIf(!isCensusHere)("people are told apart as well as by scikit-learn", { timeout: 120_000 }, async () => {
  const reference = await readCensusReference(CENSUS);
  const columns = sliceColumns(featuresOf(reference, ["AGEP", ...CENSUS], reference), 0, people);
  const { truth, predicted } = learn(columns, reference.truth.subarray(0, people), "logistic");
  const golden = goldens[people === 12_000 ? "census_part" : "census"];
  expect(rocAuc(truth, predicted).value).toBeGreaterThan(golden.roc_auc - 0.005);
  expect(logLoss(truth, predicted).value).toBeLessThan(golden.log_loss + 0.01);
});

function madeUp(n: number) {
  const random = createRandom(3);
  const normal = createNormal(random);
  const number = () => Float64Array.from({ length: n }, () => normal());
  const [a, b] = [number(), number()];
  const codes = Int32Array.from({ length: n }, () => Math.floor(random() * 6));
  const target = Float64Array.from(a, (value, i) => Number(value + (codes[i]! % 2 === 0 ? 1 : -1) + normal() / 2 > 0));
  const columns: FeatureColumn[] = [
    { kind: "number", values: a },
    { kind: "number", values: b },
    { kind: "category", codes },
  ];
  return { columns, target };
}

test("a model survives JSON, is the same each time, and needs no column that says nothing", () => {
  const { columns, target } = madeUp(2000);
  const fit = () => fitBoosting(columns, target, { loss: "logistic", trees: 20 });
  const model = fit();
  expect(JSON.stringify(fit())).toBe(JSON.stringify(model));
  const revived = JSON.parse(JSON.stringify(model)) as typeof model;
  expect(predictBoosting(revived, columns)).toEqual(predictBoosting(model, columns));
  const [signal, noise, category] = gainShares(model);
  expect(noise).toBeLessThan(0.1);
  expect(signal! + category!).toBeGreaterThan(0.9);
  const auc = (given: readonly FeatureColumn[]) => rocAuc(target, predictBoosting(model, given)).value!;
  const importance = permutationImportance({ columns, figure: auc, worse: "lower", repeats: 3 });
  expect(importance.map(({ mean }) => mean > 0.1)).toEqual([true, false, true]);
});

test("weights count as rows would, rows without weight not at all", () => {
  const { columns: all, target } = madeUp(200);
  const columns = all.slice(0, 2);
  const rows = Uint32Array.from({ length: 300 }, (_, i) => (i < 200 ? i : i - 200));
  const weight = Float64Array.from({ length: 200 }, (_, i) => (i < 100 ? 2 : 1));
  const options = { loss: "squared", trees: 5, minRows: 1, maxLeaves: 4 } as const;
  const doubled = fitBoosting(
    pickRows(columns, rows),
    Float64Array.from(rows, (i) => target[i]!),
    options,
  );
  const weighted = predictBoosting(fitBoosting(columns, target, { ...options, weight }), columns);
  for (const [i, value] of predictBoosting(doubled, columns).entries()) expect(weighted[i]).toBeCloseTo(value, 10);
  const half = Float64Array.from({ length: 200 }, (_, i) => Number(i < 100));
  const flipped = target.map((value, i) => (i < 100 ? value : 1 - value));
  const one = fitBoosting(columns, target, { ...options, weight: half });
  expect(fitBoosting(columns, flipped, { ...options, weight: half }).base).toBeCloseTo(one.base, 12);
});

test("one split puts missing values and categories on the side where they belong", () => {
  const stump = { loss: "squared", trees: 1, learningRate: 1, maxLeaves: 2 } as const;
  const told = (columns: readonly FeatureColumn[], target: Float64Array) =>
    predictBoosting(fitBoosting(columns, target, stump), columns).map((value) => Number(value > 0.5));
  const low = Float64Array.from({ length: 300 }, (_, i) => (i % 3 === 0 ? Number.NaN : (i % 100) / 100));
  const missing: FeatureColumn[] = [{ kind: "number", values: low }];
  const isLow = low.map((value) => Number(!(value > 0.4)));
  expect(told(missing, isLow)).toEqual(isLow);
  const isHigh = low.map((value) => Number(!(value < 0.4)));
  expect(told(missing, isHigh)).toEqual(isHigh);
  const codes = Int32Array.from({ length: 600 }, (_, i) => (i % 7) - 1);
  const mixed: FeatureColumn[] = [{ kind: "category", codes }];
  const isOdd = Float64Array.from(codes, (code) => Math.abs(code % 2));
  expect(told(mixed, isOdd)).toEqual(isOdd);
});

test("what was not seen at the training counts as missing; too many categories are cut", () => {
  const { codes, known } = encodeCategories(["b", "a", null, "b"]);
  expect([...codes, ...encodeCategories(["c", "b"], known).codes]).toEqual([1, 0, -1, 1, -1, 1]);
  const many = Int32Array.from({ length: 2000 }, (_, i) => (i < 1000 ? i : i % 10));
  const bins = makeBins({ kind: "category", codes: many }, 255);
  expect(bins.kind === "category" && bins.codes.length).toBe(255);
  expect(applyBins(bins, { kind: "category", codes: [3, 999, -1] })).toEqual(Uint8Array.of(3, 255, 255));
  const numbers = makeBins({ kind: "number", values: [1, 2, 2, 3, Number.NaN] });
  expect([...applyBins(numbers, { kind: "number", values: [0, 1, 2.4, 9, Number.NaN] })]).toEqual([0, 0, 1, 2, 3]);
  const endless = [-Infinity, 1, Infinity, -Infinity];
  const revived = JSON.parse(JSON.stringify(makeBins({ kind: "number", values: endless }))) as typeof numbers;
  expect([...applyBins(revived, { kind: "number", values: endless })]).toEqual([0, 1, 2, 0]);
  const tiny = makeBins({ kind: "number", values: [1, 1 + Number.EPSILON] });
  expect([...applyBins(tiny, { kind: "number", values: [1, 1 + Number.EPSILON] })]).toEqual([0, 1]);
});

test("nothing to learn from is refused or gives the mean", () => {
  const column: FeatureColumn = { kind: "number", values: new Float64Array(50) };
  expect(
    [...predictBoosting(fitBoosting([column], new Float64Array(50).fill(3), { loss: "squared" }), [column])][0],
  ).toBe(3);
  const [p] = predictBoosting(fitBoosting([column], new Float64Array(50).fill(1), { loss: "logistic" }), [column]);
  expect(p).toBeGreaterThan(0.9999);
  expect(() => fitBoosting([column], [1], { loss: "squared" })).toThrow("50 rows");
  expect(() => fitBoosting([column], new Float64Array(50).fill(2), { loss: "logistic" })).toThrow("0 or 1 is needed");
  expect(() => fitBoosting([], [], { loss: "squared" })).toThrow("a column and a row");
});
