import { afterAll, describe, expect, test } from "vitest";
import { testData } from "../../../../../test/lib/test-data.ts";
import { systemClock } from "../../kernel/clock.ts";
import { silentLogger } from "../../kernel/logger.ts";
import { createLake } from "../../platform/lake/index.ts";
import { quoteText } from "../../platform/lake/quote.ts";
import { estimate } from "./estimate.ts";
import { fitEstimator } from "./estimator.ts";
import { baselineOf, limitsOf } from "./limits.ts";
import { measure } from "./measure.ts";
import type { OutputColumn } from "./problem.ts";
import type { readColumns } from "./read-columns.ts";
import { toScoredRows } from "./scored-rows.ts";

const [reference, analysis, target] = ["reference", "analysis", "target"].map((name) =>
  testData(`census-ma/${name}.parquet`),
);
const lake = createLake({ memoryBytes: 2 ** 29, threads: 1, idleMs: 60_000, clock: systemClock, logger: silentLogger });
afterAll(() => lake.close());

async function read(sql: string) {
  const input = { sql, kinds: ["text", "text", "number", "text"] };
  const task = { module: new URL("./testing/read-rows.ts", import.meta.url), input };
  const { n, columns } = await lake.run<Awaited<ReturnType<typeof readColumns>>>(task);
  const [truth, prediction, score, year] = columns as [string[], string[], Float64Array, string[]];
  return { n, truth, prediction, score, year };
}

const output = (name: string, kind: OutputColumn["kind"]): OutputColumn => ({
  name,
  kind,
  classes: [],
  probabilities: [],
});
const outputs = [output("prediction", "text"), output("predicted_probability", "number")];
const isWhole = process.env["MODE"] === "all";
/** The windows of 2016, and the border of 2017 and 2018; a whole run of the tests looks at all of them. */
const someYears = isWhole
  ? ""
  : "where (a.id::bigint - 68785) // 5000 < 14 or (a.id::bigint - 68785) // 5000 between 26 and 29";
const columns = "employed::varchar, prediction::varchar, predicted_probability::double";

/** Employment in Massachusetts, in windows of 5,000 people: learned from 2015, looked at from 2016 on. */
describe.skipIf(reference === null)("the census", { timeout: 60_000 }, () => {
  test("estimated before labels, the two windows at the border of 2017 and 2018 fall; none of 2016 does", async () => {
    const known = await read(`select ${columns}, '' from read_parquet(${quoteText(reference!)})`);
    const estimator = fitEstimator(
      {
        outputs,
        inputs: [],
        columns: new Map<string, string[] | Float64Array>([
          ["prediction", known.prediction],
          ["predicted_probability", known.score],
        ]),
        truth: known.truth,
        blocks: null,
      },
      { positive: null, cost: null },
    )!;
    expect(estimator.problem).toEqual({
      kind: "binary",
      prediction: "prediction",
      classes: ["0", "1"],
      scores: [null, "predicted_probability"],
    });
    const rows =
      await read(`select ${columns.replace("employed", "t.employed")}, a.year::varchar from read_parquet(${quoteText(analysis!)}) a
      join read_parquet(${quoteText(target!)}) t using (id) ${someYears} order by a.id::bigint`);
    const fallen: { kind: string; metric: string; years: string; value: number }[] = [];
    const errors: number[] = [];
    for (let from = 0; from + 5000 <= rows.n; from += 5000) {
      const to = from + 5000;
      const raw = {
        n: 5000,
        prediction: rows.prediction.slice(from, to),
        scores: [null, rows.score.slice(from, to)],
        truth: rows.truth.slice(from, to),
      };
      const { rows: scored } = toScoredRows(estimator.problem, raw);
      const found = {
        realised: measure(estimator.problem, scored, { cost: null }),
        estimated: estimate(estimator, scored, null),
      };
      errors.push(Math.abs(found.estimated["roc_auc"]!.value - found.realised["roc_auc"]!.value));
      for (const metric of ["roc_auc", "accuracy"])
        for (const kind of ["realised", "estimated"] as const) {
          const { value } = found[kind][metric]!;
          const { min } = limitsOf(metric, baselineOf(estimator, metric)!, 5000);
          const years = [...new Set(rows.year.slice(from, to))].join("/");
          if (value < min!) fallen.push({ kind, metric, years, value });
        }
    }
    // Published: the realised areas of these two windows are 0.8035 and 0.8642.
    expect(fallen).toEqual([
      { kind: "realised", metric: "roc_auc", years: "2017/2018", value: expect.closeTo(0.8035, 4) },
      { kind: "estimated", metric: "roc_auc", years: "2017/2018", value: expect.closeTo(0.8368, 3) },
      { kind: "realised", metric: "accuracy", years: "2017/2018", value: expect.closeTo(0.7662, 4) },
      { kind: "estimated", metric: "accuracy", years: "2017/2018", value: expect.any(Number) },
      { kind: "realised", metric: "roc_auc", years: "2018", value: expect.closeTo(0.8642, 4) },
      { kind: "estimated", metric: "roc_auc", years: "2018", value: expect.any(Number) },
      { kind: "realised", metric: "accuracy", years: "2018", value: expect.any(Number) },
      { kind: "estimated", metric: "accuracy", years: "2018", value: expect.any(Number) },
    ]);
    // NannyML's own is 0.0040 over reference and analysis; a constant guess is off by 0.0069. Without the quiet windows it is more.
    const error = errors.reduce((sum, each) => sum + each, 0) / errors.length;
    expect(error).toBeLessThan(isWhole ? 0.0041 : 0.006);
  });
});
