import { expect, test } from "vitest";
import { classSample, learnGoldens } from "../testing/samples.ts";
import { estimateMulticlassCbpe, fitMulticlassCbpe, MULTICLASS_CBPE_METRICS } from "./cbpe-multiclass.ts";
import { chunksOfSize } from "./threshold.ts";

type Figure = readonly [est: number, se: number, lower: number, upper: number, alert: boolean, realised: number];
interface Goldens {
  readonly multiclass_cbpe: readonly ({ readonly period: string } & Readonly<Record<string, Figure>>)[];
}

/** Sharper than the truth, so that calibration has something to do. */
function sharpened() {
  const { truth, probabilities, predicted } = classSample({ n: 6000, k: 3, seed: 31 });
  const scores = probabilities.map((column) =>
    column.map((p, i) => (p * p) / probabilities.reduce((sum, other) => sum + other[i]! ** 2, 0)),
  );
  const part = (start: number, end: number) => ({
    truth: truth.slice(start, end),
    predicted: predicted.slice(start, end),
    scores: scores.map((column) => column.subarray(start, end)),
  });
  return { reference: part(0, 4000), part };
}

test("estimates of three classes are NannyML's", () => {
  const { reference, part } = sharpened();
  const worth = [
    [2, -1, 0],
    [-1, 3, -2],
    [0, -4, 1],
  ];
  const model = fitMulticlassCbpe({ ...reference, chunks: chunksOfSize(4000, 1000) }, worth);
  const golden = learnGoldens<Goldens>("nannyml.json").multiclass_cbpe.filter(({ period }) => period === "analysis");
  expect(golden).toHaveLength(2);
  for (const [i, row] of golden.entries()) {
    const { metrics, confusion } = estimateMulticlassCbpe(model, part(4000 + 1000 * i, 5000 + 1000 * i));
    for (const metric of MULTICLASS_CBPE_METRICS) {
      const [est, se, lower, upper, alert] = row[metric]!;
      const own = metrics[metric];
      expect(Math.abs(own.value! - est), metric).toBeLessThan(1e-9);
      expect(own.lower, metric).toBeCloseTo(lower, 9);
      expect(own.upper, metric).toBeCloseTo(upper, 9);
      expect(own.alert, metric).toBe(alert);
      if (metric !== "average_precision") expect(own.standardError! / se, metric).toBeCloseTo(1, 9);
    }
    for (const [t, cells] of confusion.entries()) {
      for (const [p, count] of cells.entries()) expect(count).toBeCloseTo(row[`true_${t}_pred_${p}`]![0], 9);
    }
  }
});
