import { expect, test } from "vitest";
import { binarySample, classSample, learnGoldens, numberSample } from "../testing/samples.ts";
import { createRandom } from "../random.ts";
import { confusionMeasures, countBinary } from "./confusion.ts";
import {
  countClasses,
  multiclassBrier,
  multiclassLogLoss,
  multiclassMeasures,
  oneVersusRest,
  type AveragedMeasures,
} from "./multiclass.ts";
import { orderOf } from "./order.ts";
import { brierScore, logLoss } from "./probability.ts";
import { averagePrecision, rocAuc } from "./ranking.ts";
import { regressionMeasures, type RegressionMeasures } from "./regression.ts";
import { businessValue } from "./value.ts";
import type { Measure } from "./measure.ts";

type Figures = Readonly<Record<string, number>>;
interface Goldens {
  readonly binary: readonly { n: number; seed: number; digits: number; figures: Figures }[];
  readonly errors: { n: number; seed: number; digits: number; figures: Figures };
  readonly multiclass: readonly {
    n: number;
    k: number;
    seed: number;
    figures: Readonly<Record<string, number | number[] | number[][]>>;
    errors?: Figures;
  }[];
  readonly regression: readonly { n: number; seed: number; figures: Figures; errors?: Figures }[];
}

const goldens = learnGoldens<Goldens>("metrics-sklearn.json");

function binaryFigures({ truth, score, predicted }: ReturnType<typeof binarySample>): Record<string, Measure> {
  return {
    ...confusionMeasures(countBinary(truth, predicted)),
    roc_auc: rocAuc(truth, score),
    average_precision: averagePrecision(truth, score),
    brier: brierScore(truth, score),
    log_loss: logLoss(truth, score),
  };
}

test.each(goldens.binary)("two classes are measured as by scikit-learn ($n rows)", ({ figures, ...sample }) => {
  const measured = binaryFigures(binarySample(sample));
  for (const [name, value] of Object.entries(figures)) expect(measured[name]!.value, name).toBeCloseTo(value, 12);
});

test("the standard errors of two classes are those of drawing rows again", () => {
  const measured = binaryFigures(binarySample(goldens.errors));
  for (const [name, error] of Object.entries(goldens.errors.figures)) {
    expect(measured[name]!.standardError! / error, name).toBeGreaterThan(0.87);
    expect(measured[name]!.standardError! / error, name).toBeLessThan(1.15);
  }
});

test("a share of nothing is no number", () => {
  const none = { value: null, standardError: null };
  const measured = confusionMeasures(countBinary([0, 0], [0, 0]));
  expect(measured).toMatchObject({ precision: none, recall: none, f1: none, mcc: none, specificity: { value: 1 } });
  expect(confusionMeasures({ tp: 0, fp: 0, fn: 0, tn: 0 }).accuracy).toEqual(none);
  expect([rocAuc([1, 1], [1, 2]), averagePrecision([0, 0], [1, 2]), brierScore([], [])]).toEqual([none, none, none]);
  expect(regressionMeasures([2, 2], [1, 3]).r2).toEqual(none);
  expect(multiclassMeasures(countClasses(3, [0, 0], [1, 1])).classes[2]!.recall).toEqual(none);
});

test("what is no class, no probability or not as long is refused", () => {
  expect(() => countBinary([0, 2], [0, 1])).toThrow("0 or 1, not 2");
  expect(() => countBinary([0], [0, 1])).toThrow("1 and 2 rows");
  expect(() => rocAuc([0, 1], [Number.NaN, 1])).toThrow("score of row 0");
  expect(() => brierScore([1], [1.5])).toThrow("[0, 1]");
  expect(() => countClasses(2, [0, 2], [0, 0])).toThrow("numbered 0 to 1");
  expect(() => businessValue([0], [1], [[1]])).toThrow("no value for truth 0 predicted as 1");
});

test.each(goldens.multiclass)("$k classes are measured as by scikit-learn", ({ figures, errors, ...sample }) => {
  const { truth, predicted, probabilities } = classSample(sample);
  const counts = countClasses(sample.k, truth, predicted);
  const measured = multiclassMeasures(counts);
  expect(counts).toEqual(figures["confusion"]);
  const at = (path: string): Measure => {
    if (path === "accuracy" || path === "mcc") return measured[path];
    const [name, average] = path.split("_") as [keyof AveragedMeasures, "macro" | "weighted" | "micro"];
    return measured[average][name];
  };
  for (const average of ["macro", "weighted", "micro"]) {
    for (const name of ["precision", "recall", "f1"]) {
      expect(at(`${name}_${average}`).value, `${name} ${average}`).toBeCloseTo(
        figures[`${name}_${average}`] as number,
        12,
      );
    }
  }
  for (const name of ["precision", "recall", "f1"] as const) {
    for (const [c, value] of (figures[name] as number[]).entries()) {
      expect(measured.classes[c]![name].value).toBeCloseTo(value, 12);
    }
  }
  const auc = oneVersusRest("roc_auc", truth, probabilities);
  expect(auc.macro).toBeCloseTo(figures["roc_auc_macro"] as number, 12);
  expect(auc.weighted).toBeCloseTo(figures["roc_auc_weighted"] as number, 12);
  const precision = oneVersusRest("average_precision", truth, probabilities);
  expect(precision.macro).toBeCloseTo(figures["average_precision_macro"] as number, 12);
  expect(at("accuracy").value).toBeCloseTo(figures["accuracy"] as number, 12);
  expect(at("mcc").value).toBeCloseTo(figures["mcc"] as number, 12);
  expect(multiclassLogLoss(truth, probabilities).value).toBeCloseTo(figures["log_loss"] as number, 12);
  expect(multiclassBrier(truth, probabilities).value).toBeCloseTo(figures["brier"] as number, 12);
  for (const [name, error] of Object.entries(errors ?? {})) {
    expect(at(name).standardError! / error, name).toBeGreaterThan(0.87);
    expect(at(name).standardError! / error, name).toBeLessThan(1.15);
  }
});

test("two classes are the same measured as many", () => {
  const { truth, predicted } = binarySample(goldens.errors);
  const two = confusionMeasures(countBinary(truth, predicted));
  const many = multiclassMeasures(countClasses(2, truth, predicted));
  for (const name of ["precision", "recall", "specificity", "f1"] as const) {
    expect(many.classes[1]![name].value).toBeCloseTo(two[name].value!, 12);
    expect(many.classes[1]![name].standardError).toBeCloseTo(two[name].standardError!, 12);
  }
  expect(many.mcc.standardError).toBeCloseTo(two.mcc.standardError!, 12);
  expect(many.micro.f1).toEqual(many.accuracy);
  // Recall weighted by the rows of the classes is the accuracy.
  expect(many.weighted.recall.value).toBeCloseTo(many.accuracy.value!, 12);
  expect(many.weighted.recall.standardError).toBeCloseTo(many.accuracy.standardError!, 12);
});

test.each(goldens.regression)(
  "regressions are measured as by scikit-learn ($n rows)",
  ({ figures, errors, ...sample }) => {
    const { truth, predicted } = numberSample(sample);
    const measured = regressionMeasures(truth, predicted);
    const at = (name: string) => measured[name as keyof RegressionMeasures];
    for (const [name, value] of Object.entries(figures)) expect(at(name).value! / value, name).toBeCloseTo(1, 10);
    for (const [name, error] of Object.entries(errors ?? {})) {
      if (name === "maxError" || name === "mape") continue;
      expect(at(name).standardError! / error, name).toBeGreaterThan(0.85);
      expect(at(name).standardError! / error, name).toBeLessThan(1.15);
    }
    expect(regressionMeasures([1, 2], [-1, 2])).toMatchObject({ msle: { value: null }, rmsle: { value: null } });
  },
);

test("a value is the sum of its table's cells", () => {
  const { total, mean } = businessValue(
    [0, 0, 1, 1],
    [0, 1, 0, 1],
    [
      [1, -3],
      [-2, 5],
    ],
  );
  expect([total.value, mean.value]).toEqual([1, 0.25]);
  expect(total.standardError).toBeCloseTo(4 * mean.standardError!, 12);
});

test("the order of numbers is stable, long ones by radix", () => {
  const random = createRandom(9);
  const values = Float64Array.from(
    { length: 20_000 },
    () => Math.round((random() - 0.5) * 4000) / (random() < 0.1 ? 1e9 : 7),
  );
  values.set([Infinity, -Infinity, -0, 0, Number.MIN_VALUE, -Number.MIN_VALUE, Number.MAX_VALUE]);
  const order = orderOf(values);
  const expected = [...values.keys()].toSorted((a, b) => {
    return values[a]! < values[b]! ? -1 : values[a]! > values[b]! ? 1 : a - b;
  });
  expect([...order]).toEqual(expected);
  expect([...orderOf([2, 1, 2, 0])]).toEqual([3, 1, 0, 2]);
  expect(() => orderOf([1, Number.NaN])).toThrow("not a number");
});
