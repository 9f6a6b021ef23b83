import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { testData } from "../../../../test/lib/test-data.ts";
import { chunksOfKeys, chunksOfSize } from "../estimation/threshold.ts";
import {
  CALIFORNIA,
  CENSUS,
  isCaliforniaHere,
  isCensusHere,
  isLongRun,
  readCalifornia,
  readCensus,
} from "../testing/released-data.ts";
import { learnGoldens } from "../testing/samples.ts";
import {
  CATEGORICAL_METHODS,
  categoricalDrift,
  CONTINUOUS_METHODS,
  continuousDrift,
  type CategoricalMethod,
  type ContinuousMethod,
} from "./univariate.ts";

type Drift = readonly [value: number, threshold: number | null, alert: boolean];
// All columns in a long run, else the ones with published figures, and one of two levels.
const columns = isLongRun ? CENSUS : (["ANC", "RELP", "MAR", "DREM", "SEX"] as const);
const census = isCensusHere ? readCensus(columns) : null;
const published = testData("goldens/nannyml-0.13.1.json");

/** A share of an empty rest of 1e-16, which NannyML has where counts add up to all, moves small distances by 1e-9. */
function near(value: number, expected: number): boolean {
  return Math.abs(value - expected) / Math.max(1, Math.abs(expected)) < (expected < 1e-3 ? 1e-7 : 1e-9);
}

test.skipIf(!isCaliforniaHere || published === null)(
  "drift of houses is NannyML's, published figures among them",
  async () => {
    const { reference, analysis } = await readCalifornia();
    const rows = (
      JSON.parse(readFileSync(published!, "utf8")) as {
        california_univariate_monthly: Readonly<Record<string, Readonly<Record<ContinuousMethod, Drift>>>>[];
      }
    ).california_univariate_monthly;
    const months = [reference, analysis].flatMap((data) =>
      chunksOfKeys(data.period).map((chunk) => ({ data, ...chunk })),
    );
    expect(rows).toHaveLength(months.length);
    const alerts: Record<string, number> = {};
    const means: Record<string, number> = {};
    for (const name of CALIFORNIA) {
      for (const method of CONTINUOUS_METHODS) {
        const drift = continuousDrift(method, reference.numbers[name]!, chunksOfKeys(reference.period));
        for (const [i, { data, start, end }] of months.entries()) {
          const [value, threshold, alert] = rows[i]![name]![method];
          const own = drift(data.numbers[name]!.subarray(start, end));
          expect(near(own.value!, value), `${method} of ${name} in month ${i}: ${own.value}, not ${value}`).toBe(true);
          expect(near(own.upper!, threshold!)).toBe(true);
          expect(own.alert).toBe(alert);
          if (method !== "kolmogorov_smirnov") continue;
          alerts[name] = (alerts[name] ?? 0) + Number(own.alert);
          means[name] = (means[name] ?? 0) + own.value! / months.length;
        }
      }
    }
    // As NannyML's page on California housing has them.
    expect(alerts).toEqual({ ...Object.fromEntries(CALIFORNIA.map((name) => [name, 0])), Longitude: 3, Latitude: 1 });
    expect(means["Longitude"]!.toFixed(6)).toBe("0.712709");
    expect(means["Latitude"]!.toFixed(6)).toBe("0.672904");
    expect(means["MedInc"]!.toFixed(6)).toBe("0.154952");
  },
);

test.skipIf(!isCensusHere)("drift of people is NannyML's", { timeout: 120_000 }, async () => {
  const { reference, analysis } = await census!;
  const rows = learnGoldens<{
    census_univariate: readonly Readonly<
      Record<string, Readonly<Record<ContinuousMethod | CategoricalMethod, Drift>>>
    >[];
  }>("nannyml.json").census_univariate;
  const chunks = [reference, analysis].flatMap((data) =>
    chunksOfSize(data.rows, 5000).map((chunk) => ({ data, ...chunk })),
  );
  // Each fourth chunk was kept, of the reference first.
  const kept = chunks.filter((_, i) => i % 4 === 0);
  expect(rows).toHaveLength(kept.length);
  const own = chunksOfSize(reference.rows, 5000);
  for (const method of CONTINUOUS_METHODS) {
    const drift = continuousDrift(method, reference.numbers["AGEP"]!, own);
    for (const [i, { data, start, end }] of kept.entries()) {
      const [value, threshold, alert] = rows[i]!["AGEP"]![method];
      const found = drift(data.numbers["AGEP"]!.subarray(start, end));
      expect(near(found.value!, value), `${method} in part ${i}: ${found.value}, not ${value}`).toBe(true);
      expect(near(found.upper!, threshold!)).toBe(true);
      expect(found.alert).toBe(alert);
    }
  }
  for (const name of columns) {
    for (const method of CATEGORICAL_METHODS) {
      const drift = categoricalDrift(method, reference.texts[name]!, own);
      for (const [i, { data, start, end }] of kept.entries()) {
        const [value, threshold, alert] = rows[i]![name]![method];
        const found = drift(data.texts[name]!.slice(start, end));
        expect(near(found.value!, value), `${method} of ${name} in part ${i}: ${found.value}, not ${value}`).toBe(true);
        if (threshold !== null) expect(near(found.upper!, threshold)).toBe(true);
        expect(found.alert).toBe(alert);
      }
    }
  }
});

test.skipIf(!isCensusHere)("published: alerts of five columns of the census", async () => {
  const { reference, analysis } = await census!;
  const count = (drift: (start: number, end: number) => { alert: boolean }) =>
    chunksOfSize(analysis.rows, 5000).filter(({ start, end }) => drift(start, end).alert).length;
  const chunks = chunksOfSize(reference.rows, 5000);
  const age = continuousDrift("jensen_shannon", reference.numbers["AGEP"]!, chunks);
  expect(count((start, end) => age(analysis.numbers["AGEP"]!.subarray(start, end)))).toBe(29);
  for (const [name, alerts] of [
    ["ANC", 37],
    ["RELP", 28],
    ["MAR", 28],
    ["DREM", 28],
  ] as const) {
    const drift = categoricalDrift("jensen_shannon", reference.texts[name]!, chunks);
    expect(
      count((start, end) => drift(analysis.texts[name]!.slice(start, end))),
      name,
    ).toBe(alerts);
  }
});

test("a window without a value has no drift; a category that was not seen counts", () => {
  const chunks = chunksOfSize(4, 2);
  expect(
    continuousDrift("wasserstein", Float64Array.of(1, 2, 3, 4), chunks)(Float64Array.of(Number.NaN)),
  ).toMatchObject({
    value: null,
    alert: false,
  });
  const drift = categoricalDrift("jensen_shannon", ["a", "b", "a", "b"], chunks);
  expect(drift(["c", "c", null])).toMatchObject({ value: 1, alert: true });
});
