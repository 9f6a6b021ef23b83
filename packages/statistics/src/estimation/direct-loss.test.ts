import { expect, test } from "vitest";
import {
  CALIFORNIA,
  featuresOf,
  isCaliforniaHere,
  isLongRun,
  readCalifornia,
  sliceColumns,
  type Released,
} from "../testing/released-data.ts";
import { learnGoldens } from "../testing/samples.ts";
import { DIRECT_LOSS_METRICS, estimateDirectLoss, fitDirectLoss, type DirectLossMetric } from "./direct-loss.ts";
import { chunksOfSize } from "./threshold.ts";

type Figure = readonly [est: number, se: number, lower: number, upper: number, alert: boolean, realised: number];

/** The income from the rest; what is predicted is a crude rule. */
function incomes(data: Released) {
  const predicted = data.numbers["AveRooms"]!.map((rooms) => {
    return Math.round((2 + Math.min(12, Math.max(0, rooms)) * 0.35) * 1e6) / 1e6;
  });
  return { columns: featuresOf(data, CALIFORNIA.slice(1), data), predicted, truth: data.numbers["MedInc"]! };
}

test.skipIf(!isCaliforniaHere)(
  "losses of a regression are estimated about as by NannyML, thresholds alike",
  async () => {
    const golden = learnGoldens<{ regression_dle: Record<DirectLossMetric, Figure[]> }>("nannyml.json").regression_dle;
    const { reference, analysis } = await readCalifornia();
    const metrics = isLongRun ? DIRECT_LOSS_METRICS : (["mae", "rmse"] as const);
    const model = fitDirectLoss({ ...incomes(reference), chunks: chunksOfSize(reference.rows, 730) }, metrics);
    const { columns, predicted } = incomes(analysis);
    const misses = { own: 0, theirs: 0 };
    for (const [i, { start, end }] of chunksOfSize(analysis.rows, 730).entries()) {
      const rows = { columns: sliceColumns(columns, start, end), predicted: predicted.slice(start, end) };
      const estimates = estimateDirectLoss(model, rows);
      for (const metric of metrics) {
        const [est, se, lower, upper, , realised] = golden[metric][i]!;
        const own = estimates[metric]!;
        expect(own.lower, metric).toBeCloseTo(lower, 6);
        expect(own.upper, metric).toBeCloseTo(upper, 6);
        expect(own.standardError! / se, metric).toBeCloseTo(1, 3);
        expect(Math.abs(own.value! / est - 1), `${metric} of part ${i}`).toBeLessThan(0.25);
        misses.own += Math.abs(own.value! / realised - 1);
        misses.theirs += Math.abs(est / realised - 1);
      }
    }
    // Months are other places, where every learner guesses: misses are of one size.
    expect(misses.own).toBeLessThan(misses.theirs * 1.2);
  },
);

test("a model of losses survives JSON; a logarithm of what is below -1 is refused", () => {
  const values = Float64Array.from({ length: 400 }, (_, i) => (i % 20) / 20);
  const rows = { columns: [{ kind: "number", values } as const], predicted: new Float64Array(400) };
  const model = fitDirectLoss({ ...rows, truth: values, chunks: chunksOfSize(400, 100) });
  const low = { columns: [{ kind: "number", values: new Float64Array(50) } as const], predicted: new Float64Array(50) };
  const revived = JSON.parse(JSON.stringify(model)) as typeof model;
  expect(estimateDirectLoss(revived, low)).toEqual(estimateDirectLoss(model, low));
  expect(estimateDirectLoss(model, low).mae!.value).toBeLessThan(0.05);
  expect(estimateDirectLoss(model, rows).mae!.value).toBeCloseTo(0.475, 2);
  expect(() => fitDirectLoss({ ...rows, truth: values.map((value) => value - 2), chunks: [] }, ["msle"])).toThrow(
    "above -1",
  );
});
