import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { testData } from "../../../../test/lib/test-data.ts";
import { isCaliforniaHere, isCensusHere, readCalifornia, readCensus, type Released } from "../testing/released-data.ts";
import { learnGoldens } from "../testing/samples.ts";
import { rocAuc } from "../metrics/ranking.ts";
import { confusionMeasures, countBinary } from "../metrics/confusion.ts";
import { estimateCbpe, fitCbpe, type CbpeEstimate, type CbpeMetric, type CbpeModel } from "./cbpe.ts";
import { expectedMeasures } from "./expected.ts";
import { needsCalibration } from "./needs-calibration.ts";
import { chunksOfKeys, chunksOfSize, deviationThreshold, isOutside, type Chunk } from "./threshold.ts";

const published = testData("goldens/nannyml-0.13.1.json");

function estimates(model: CbpeModel, data: Released, chunks: readonly Chunk[]): Record<CbpeMetric, CbpeEstimate>[] {
  return chunks.map(({ start, end }) =>
    estimateCbpe(model, { score: data.score.subarray(start, end), predicted: data.predicted.subarray(start, end) }),
  );
}

interface MonthRow {
  readonly key: string;
  readonly period: "reference" | "analysis";
  readonly [metric: string]: string | { est: number; se: number; lo_thr: number; alert: boolean };
}

describe.skipIf(!isCaliforniaHere || published === null)("California housing", async () => {
  if (!isCaliforniaHere || published === null) return;
  const { reference, analysis } = await readCalifornia();
  const model = fitCbpe({ ...reference, chunks: chunksOfKeys(reference.period) });
  const months = [
    ...estimates(model, reference, chunksOfKeys(reference.period)),
    ...estimates(model, analysis, chunksOfKeys(analysis.period)),
  ];
  const golden = (
    JSON.parse(readFileSync(published, "utf8")) as {
      california_cbpe_monthly: { needs_calibration: boolean; rows: readonly MonthRow[] };
    }
  ).california_cbpe_monthly;

  test("estimates, thresholds and alerts of 7 metrics in 20 months are NannyML's", () => {
    expect(model.calibration !== null).toBe(golden.needs_calibration);
    expect(golden.rows).toHaveLength(months.length);
    for (const [i, row] of golden.rows.entries()) {
      for (const [metric, expected] of Object.entries(row)) {
        if (typeof expected === "string") continue;
        const own = months[i]![metric as CbpeMetric];
        expect(Math.abs(own.value! - expected.est), `${metric} of ${row.key}`).toBeLessThan(1e-9);
        expect(Math.abs(own.lower! - expected.lo_thr)).toBeLessThan(1e-9);
        expect(own.alert, `alert of ${metric} of ${row.key}`).toBe(expected.alert);
        expect(Math.abs(own.standardError! / expected.se - 1)).toBeLessThan(0.01);
      }
    }
  });

  test("published: ROC AUC of March 2022 is 0.829077, of April 0.910661, the lower threshold 0.708336", () => {
    const at = (key: string) => months[golden.rows.findIndex((row) => row.key === key)]!.roc_auc;
    expect(at("2022-03").value!.toFixed(6)).toBe("0.829077");
    expect(at("2022-04").value!.toFixed(6)).toBe("0.910661");
    expect(at("2022-03").lower!.toFixed(6)).toBe("0.708336");
  });

  test("the limits of the method: November 2021 and March 2022 look well and are not", () => {
    const chunks = chunksOfKeys(analysis.period);
    for (const key of ["2021-11", "2022-03"]) {
      const { start, end } = chunks.find((chunk) => analysis.period[chunk.start] === key)!;
      const real = rocAuc(analysis.truth.subarray(start, end), analysis.score.subarray(start, end)).value!;
      const estimated = months[golden.rows.findIndex((row) => row.key === key)]!.roc_auc.value!;
      expect(estimated - real).toBeGreaterThan(0.1);
    }
  });
});

type GoldenFigure = readonly [est: number, se: number, lower: number, upper: number, alert: boolean, realised: number];
interface NannymlGoldens {
  readonly census_cbpe: readonly ({ readonly period: string } & Readonly<Record<CbpeMetric, GoldenFigure>>)[];
}

describe.skipIf(!isCensusHere)("employment in Massachusetts", async () => {
  if (!isCensusHere) return;
  const { reference, analysis } = await readCensus([]);
  const worth = [
    [1, -3],
    [-2, 5],
  ] as const;
  const chunks = chunksOfSize(analysis.rows, 5000);
  const model = fitCbpe({ ...reference, chunks: chunksOfSize(reference.rows, 5000) }, { worth });
  const windows = estimates(model, analysis, chunks);

  test("estimates, bands, thresholds and alerts of 12 figures are NannyML's", () => {
    const golden = learnGoldens<NannymlGoldens>("nannyml.json").census_cbpe.filter(
      ({ period }) => period === "analysis",
    );
    expect(golden).toHaveLength(windows.length);
    for (const [i, row] of golden.entries()) {
      for (const [metric, own] of Object.entries(windows[i]!)) {
        const [est, se, lower, upper, alert] = row[metric as CbpeMetric];
        const name = `${metric} of window ${i}`;
        expect(Math.abs(own.value! - est) / Math.max(1, Math.abs(est)), name).toBeLessThan(1e-9);
        if (lower !== null)
          expect(Math.abs(own.lower! - lower) / Math.max(1, Math.abs(lower)), name).toBeLessThan(1e-9);
        if (upper !== null)
          expect(Math.abs(own.upper! - upper) / Math.max(1, Math.abs(upper)), name).toBeLessThan(1e-9);
        expect(own.alert, name).toBe(alert);
        // NannyML's AP is of 50 unseeded bootstraps, its AUC of ties in no defined order.
        const tolerance = metric === "average_precision" ? 0.35 : metric === "roc_auc" ? 0.01 : 1e-9;
        expect(Math.abs(own.standardError! / se - 1), name).toBeLessThan(tolerance);
      }
    }
  });

  test("the break at 2017/18 is found before labels: exactly its two windows alert, none of 2016", () => {
    const alerts = windows.flatMap(({ roc_auc }, i) => (roc_auc.alert ? [i] : []));
    const border = analysis.period.indexOf("2018");
    expect(alerts).toHaveLength(2);
    for (const i of alerts) {
      const { start, end } = chunks[i]!;
      expect(Math.min(Math.abs(start - border), Math.abs(end - border))).toBeLessThan(10_000);
      const real = rocAuc(analysis.truth.subarray(start, end), analysis.score.subarray(start, end)).value;
      expect(real).toBeLessThan(model.thresholds.roc_auc.lower!);
    }
    const ofFirstYear = chunks.filter(({ end }) => analysis.period[end - 1] === "2016").length;
    expect(ofFirstYear).toBeGreaterThan(10);
    expect(alerts.every((i) => i >= ofFirstYear)).toBe(true);
  });

  test("estimates are as near to what came true as NannyML's, and nearer than the reference's figures", () => {
    const misses = { roc_auc: 0, accuracy: 0, f1: 0 };
    for (const [i, { start, end }] of chunks.entries()) {
      const [truth, score] = [analysis.truth.subarray(start, end), analysis.score.subarray(start, end)];
      const { accuracy, f1 } = confusionMeasures(countBinary(truth, analysis.predicted.subarray(start, end)));
      misses.roc_auc += Math.abs(windows[i]!.roc_auc.value! - rocAuc(truth, score).value!) / chunks.length;
      misses.accuracy += Math.abs(windows[i]!.accuracy.value! - accuracy.value!) / chunks.length;
      misses.f1 += Math.abs(windows[i]!.f1.value! - f1.value!) / chunks.length;
    }
    expect(misses.roc_auc).toBeCloseTo(0.00404, 5);
    expect(misses.accuracy).toBeCloseTo(0.00514, 5);
    expect(misses.f1).toBeCloseTo(0.00656, 5);
  });
});

test("expected figures of certain rows are the realised ones", () => {
  const truth = [0, 1, 1, 0, 1, 0, 1, 1];
  const score = [0.1, 0.4, 0.8, 0.6, 0.9, 0.2, 0.3, 0.7];
  const predicted = score.map((s) => Number(s >= 0.5));
  const expected = expectedMeasures({ probability: truth, score, predicted });
  expect(expected.rocAuc.value).toBeCloseTo(rocAuc(truth, score).value!, 12);
  expect(expected.f1).toEqual(confusionMeasures(countBinary(truth, predicted)).f1);
  expect(expectedMeasures({ probability: [0.5], score: [2], predicted: [1] }).brier.value).toBeNull();
  expect(() => expectedMeasures({ probability: [2], score: [1], predicted: [1] })).toThrow("[0, 1]");
});

test("calibration is refused where it has nothing to gain", () => {
  expect(needsCalibration([1, 1, 1], [0.2, 0.3, 0.4])).toBe(false);
  const parted = Array.from({ length: 400 }, (_, i) => i / 400);
  expect(
    needsCalibration(
      parted.map((score) => Number(score > 0.5)),
      parted,
    ),
  ).toBe(false);
});

test("thresholds leave out chunks without the figure and stay within what is possible", () => {
  expect(deviationThreshold([0.9, null, 0.9, Number.NaN], { least: 0, most: 1 })).toEqual({ lower: 0.9, upper: 0.9 });
  expect(deviationThreshold([0.2, 1], { least: 0, most: 1 })).toEqual({ lower: 0, upper: 1 });
  expect(deviationThreshold([null])).toEqual({ lower: null, upper: null });
  expect([isOutside(null, { lower: 0, upper: 1 }), isOutside(2, { lower: 0, upper: null })]).toEqual([false, false]);
  expect(chunksOfSize(7, 3)).toEqual([
    { start: 0, end: 3 },
    { start: 3, end: 6 },
    { start: 6, end: 7 },
  ]);
});
