import { createNormal, createRandom } from "@slipway/statistics";
import { describe, expect, test } from "vitest";
import { estimate, estimateLosses } from "./estimate.ts";
import { fitEstimator, spreadOf } from "./estimator.ts";
import { baselineOf, baselineOfWindows, limitsOf } from "./limits.ts";
import { measure } from "./measure.ts";
import type { PerformanceWindow } from "./performance-window.ts";
import { toScoredRows } from "./scored-rows.ts";

const plain = { positive: null, cost: null };

describe("a regression", () => {
  /** The model is worse the larger x is; what it cannot know grows with it. */
  function makeRows(n: number, seed: number, most: number) {
    const random = createRandom(seed);
    const normal = createNormal(random);
    const x = Float64Array.from({ length: n }, () => most * random());
    const price = x.map((value) => 10 * value);
    const truth = price.map((value, i) => value + (1 + x[i]!) * normal());
    return { x, price, truth: Array.from(truth, String) };
  }
  const outputs = [{ name: "price", kind: "number", classes: [], probabilities: [] }] as const;

  test("is estimated by learned errors, and the estimate follows rows to where the model is worse", () => {
    const known = makeRows(2000, 1, 4);
    const columns = new Map([
      ["x", known.x],
      ["price", known.price],
    ]);
    const estimator = fitEstimator({ outputs, inputs: ["x"], columns, truth: known.truth, blocks: null }, plain)!;
    expect(estimator).toMatchObject({ problem: { kind: "regression", prediction: "price" }, rows: 2000 });
    const copy = JSON.parse(JSON.stringify(estimator)) as typeof estimator;
    for (const [from, to] of [[0, 2] as const, [2, 4] as const]) {
      const all = makeRows(4000, 2, 4);
      const chosen = [...all.x.keys()].filter((i) => all.x[i]! >= from && all.x[i]! < to);
      const pick = (column: Float64Array) => Float64Array.from(chosen, (i) => column[i]!);
      const raw = {
        n: chosen.length,
        prediction: pick(all.price),
        scores: [],
        truth: chosen.map((i) => all.truth[i]!),
      };
      const { rows } = toScoredRows(estimator.problem, raw);
      const realised = measure(estimator.problem, rows, plain);
      const losses = estimateLosses(copy, { rows, features: new Map([["x", pick(all.x)]]) })!;
      const estimated = losses.estimate(() => true);
      for (const metric of ["mae", "rmse"])
        expect(Math.abs(estimated[metric]!.value / realised[metric]!.value - 1)).toBeLessThan(0.1);
    }
  });
});

describe("of three classes", () => {
  test("scores that say less than they know are calibrated before they count", () => {
    const random = createRandom(5);
    const n = 3000;
    const names = ["a", "b", "c"];
    const truth: string[] = [];
    const scores = names.map(() => new Float64Array(n));
    const chosen: string[] = [];
    for (let i = 0; i < n; i++) {
      const true_ = names.map(() => random() ** 3);
      const total = true_.reduce((sum, p) => sum + p, 0);
      const p = true_.map((each) => each / total);
      // Drawn towards one another: right in their order, wrong as probabilities.
      const shown = p.map((each) => 0.6 * each + 0.4 / 3);
      for (const [c, score] of scores.entries()) score[i] = shown[c]!;
      const u = random();
      truth.push(u < p[0]! ? "a" : u < p[0]! + p[1]! ? "b" : "c");
      chosen.push(names[shown.indexOf(Math.max(...shown))]!);
    }
    const probabilities = ["k_p_a", "k_p_b", "k_p_c"];
    const columns = new Map<string, Float64Array | string[]>([["k", chosen]]);
    for (const [c, name] of probabilities.entries()) columns.set(name, scores[c]!);
    const outputs = [{ name: "k", kind: "class", classes: names, probabilities }] as const;
    const cost = { a: { a: 1 }, b: { b: 2 }, c: { c: 3 } };
    const estimator = fitEstimator({ outputs, inputs: [], columns, truth, blocks: null }, { positive: null, cost })!;
    const { rows } = toScoredRows(estimator.problem, { n, prediction: chosen, scores, truth: truth.map(() => null) });
    const estimated = estimate(estimator, rows, cost);
    const known = toScoredRows(estimator.problem, { n, prediction: chosen, scores, truth }).rows;
    const realised = measure(estimator.problem, known, { cost });
    for (const metric of ["accuracy", "f1", "roc_auc", "value"])
      expect(Math.abs(estimated[metric]!.value - realised[metric]!.value)).toBeLessThan(0.02 * realised[metric]!.value);
    const raw = estimate({ ...estimator, calibration: [null, null, null] }, rows, cost);
    expect(Math.abs(raw["accuracy"]!.value - realised["accuracy"]!.value)).toBeGreaterThan(0.05);
  });
});

test("limits are wider for fewer rows, and for a reference that has ups and downs of its own", () => {
  const baseline = { value: 0.9, unitError: 0.5, spread: 0, rows: 10_000 };
  const { min: few } = limitsOf("roc_auc", baseline, 100);
  const { min: many, max } = limitsOf("roc_auc", baseline, 10_000);
  expect(few).toBeCloseTo(0.9 - 3 * Math.sqrt(0.25 / 100 + 0.25 / 10_000), 12);
  expect(many).toBeGreaterThan(few!);
  expect(max).toBeNull();
  expect(limitsOf("roc_auc", { ...baseline, spread: 0.02 }, 1e9).min).toBeCloseTo(0.9 - 3 * Math.hypot(0.02, 0.005), 6);
  expect(limitsOf("mae", baseline, 100)).toEqual({ min: null, max: expect.closeTo(0.9 + (0.9 - few!), 12) });
  expect(baselineOf({ metrics: {}, rows: 1 } as never, "roc_auc")).toBeNull();
});

test("windows that differ by chance alone have no spread; where they differ more, it is that much", () => {
  const normal = createNormal(createRandom(3));
  const toFigures = (spread: number) =>
    Array.from({ length: 400 }, () => ({ value: spread * normal() + 0.01 * normal(), standardError: 0.01, rows: 9 }));
  expect(spreadOf(toFigures(0))).toBeLessThan(0.004);
  expect(spreadOf(toFigures(0.03))).toBeCloseTo(0.03, 2);
  const windows = toFigures(0.03).map((accuracy) => ({ realised: { accuracy } }) as unknown as PerformanceWindow);
  expect(baselineOfWindows(windows.slice(0, 4), "accuracy")).toBeNull();
  expect(baselineOfWindows(windows, "accuracy")).toMatchObject({ rows: 24 * 9 });
});
