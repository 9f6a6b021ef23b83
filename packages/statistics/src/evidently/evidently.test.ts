import { readFileSync } from "node:fs";
import { DuckDBInstance } from "@duckdb/node-api";
import { expect, test } from "vitest";
import { testData } from "../../../../test/lib/test-data.ts";
import { distanceOf, readGoldens } from "../testing/goldens.ts";
import { makeSample, type SampleSpec } from "../testing/made-up.ts";
import { binnedShares } from "./binned.ts";
import { toCategoryColumn, toNumberColumn, type EvidentlyColumn } from "./column.ts";
import { chooseEvidentlyTest, evidentlyDataset, evidentlyDrift, type EvidentlyTest } from "./drift.ts";

interface Column {
  readonly kind: "numeric" | "categorical";
  readonly column: string;
  /** A month of California, or the first row of 5,000 of the census. */
  readonly part: string;
  readonly scores: Readonly<Partial<Record<EvidentlyTest, readonly [score: number, drifted: boolean]>>>;
}

const goldens = readGoldens<Column>("evidently.jsonl");
/** All with `npm run test:all`, else a part. */
const whole = process.env["MODE"] === "all";
const LONG = 120_000;

function wrongScores(column: EvidentlyColumn, { column: name, part, scores }: Column): string[] {
  return Object.entries(scores).flatMap(([key, [score, drifted]]) => {
    const test = key as EvidentlyTest;
    const found = evidentlyDrift(column, { test });
    const same = distanceOf(found.score, score) <= 1e-6 && found.drifted === drifted;
    return same ? [] : [`${test} of ${name} in ${part}: ${found.score}, not ${score}`];
  });
}

const california = testData("california-housing/california_housing_reference.csv");
const months = testData("california-housing/california_housing_analysis.csv");

test.skipIf(california === null || months === null)(
  "the numbers of California are those of Evidently",
  () => {
    const [reference, current] = [readCsv(california!), readCsv(months!)];
    const all = goldens.filter(({ kind }) => kind === "numeric");
    expect(countScores(all)).toBe(576);
    const numeric = all.filter((_, i) => whole || i % 5 === 0);
    const wrong = numeric.flatMap((golden) => {
      const inMonth = current["timestamp"]!.map((at) => at.startsWith(golden.part));
      const values = current[golden.column]!.filter((_, i) => inMonth[i]).map(Number);
      return wrongScores(toNumberColumn(reference[golden.column]!.map(Number), values), golden);
    });
    // A p of Cramér and von Mises that is 1 - P has noise of 1e-15 in it, which one of 1e-9 feels.
    expect(wrong.filter((line) => !line.startsWith("cramer_von_mises"))).toEqual([]);
    expect(wrong.length).toBeLessThan(0.01 * countScores(goldens));
  },
  LONG,
);

const census = testData("census-ma/reference.parquet");
const years = testData("census-ma/analysis.parquet");

test.skipIf(census === null || years === null)(
  "the categories of the census are those of Evidently",
  async () => {
    const all = goldens.filter(({ kind }) => kind === "categorical");
    expect(countScores(all)).toBe(1680);
    // Each seventh chunk of 5,000 in a short run.
    const categorical = all.filter(({ part }) => whole || (Number(part) / 5000) % 7 === 0);
    const columns = [...new Set(categorical.map(({ column }) => column))];
    const [reference, current] = [await readParquet(census!, columns), await readParquet(years!, columns)];
    const wrong = categorical.flatMap((golden) => {
      const from = Number(golden.part);
      const values = current[golden.column]!.slice(from, from + 5000);
      return wrongScores(toCategoryColumn(reference[golden.column]!, values), golden);
    });
    expect(wrong).toEqual([]);
  },
  LONG,
);

interface Answer {
  readonly asked: EvidentlyTest | null;
  readonly test: EvidentlyTest;
  readonly error?: true;
  readonly score?: number;
  readonly drifted?: boolean;
  readonly threshold?: number;
}
type MadeUp = { readonly answers: readonly Answer[] } & (
  | { readonly kind: "number"; readonly a: SampleSpec; readonly b: SampleSpec }
  | { readonly kind: "category"; readonly a: string; readonly b: string }
);

test.each(readGoldens<MadeUp>("evidently-made-up.jsonl").map((line, i) => [i + 1, line] as const))(
  "made-up column %i: the test it takes, scores, verdicts and thresholds",
  (_, line) => {
    const column =
      line.kind === "number"
        ? toNumberColumn(makeSample(line.a), makeSample(line.b))
        : toCategoryColumn(line.a.split(""), line.b.split(""));
    for (const answer of line.answers) {
      const choice = answer.asked === null ? {} : { test: answer.asked };
      if (answer.error) {
        expect(() => evidentlyDrift(column, choice), JSON.stringify(answer)).toThrow(RangeError);
        continue;
      }
      const { score, ...rest } = evidentlyDrift(column, choice);
      expect(rest).toEqual({ test: answer.test, drifted: answer.drifted, threshold: answer.threshold });
      // Its permutations compare sums whose order is that of a Python set, which falls out differently in each process.
      const within = answer.test === "TVD" ? 0.05 : 1e-6;
      expect(distanceOf(score, answer.score!, 1e-9), JSON.stringify({ ...answer, ours: score })).toBeLessThan(within);
    }
  },
);

test("a reference of 1,000 rows is small, one of 1,001 is large", () => {
  const numbers = (n: number) => Array.from({ length: n }, (_, i) => i);
  expect(chooseEvidentlyTest(toNumberColumn(numbers(1000), numbers(2000)))).toBe("ks");
  expect(chooseEvidentlyTest(toNumberColumn(numbers(1001), numbers(20)))).toBe("wasserstein");
});

test("an empty bin gets 0.0001, or a millionth of the smallest share where that is not larger", () => {
  const many = Array.from({ length: 20_000 }, () => "a");
  const [small] = binnedShares(toCategoryColumn([...many, "b"], ["a", "c"]), true);
  expect([...small]).toEqual([20_000 / 20_001, 1 / 20_001, 1 / 20_001 / 1e6]);
  expect([...binnedShares(toCategoryColumn(["a", "b"], ["c"]), true)[0]]).toEqual([0.5, 0.5, 0.0001]);
});

test("what is missing or infinite counts for nothing", () => {
  const { NaN: missing, POSITIVE_INFINITY: infinite } = Number;
  const column = toNumberColumn([1, 2, missing, 3, infinite, 4, 5, 6], [1, missing, 2, 9]);
  expect([column.reference.length, column.current.length, column.distinct]).toEqual([6, 3, 7]);
  expect(toCategoryColumn(["a", null, "b"], [undefined, "b"]).distinct).toBe(2);
  expect(() => toNumberColumn([missing], [1])).toThrow("no values in the reference sample");
});

test("a dataset drifts where half of its columns do, however many there are", () => {
  const column = (drifted: boolean) => ({ test: "ks", score: 0, threshold: 0.05, drifted }) as const;
  expect(evidentlyDataset([column(true), column(false)])).toMatchObject({ share: 0.5, datasetDrift: true });
  expect(evidentlyDataset([column(true), column(false), column(false)]).datasetDrift).toBe(false);
});

function countScores(lines: readonly Column[]): number {
  return lines.reduce((sum, { scores }) => sum + Object.keys(scores).length, 0);
}

function readCsv(path: string): Readonly<Record<string, string[]>> {
  const [head = [], ...rows] = readFileSync(path, "utf8")
    .trim()
    .split("\n")
    .map((line) => line.split(","));
  return Object.fromEntries(head.map((name, i) => [name, rows.map((row) => row[i]!)]));
}

async function readParquet(path: string, columns: readonly string[]): Promise<Readonly<Record<string, number[]>>> {
  const instance = await DuckDBInstance.create();
  const connection = await instance.connect();
  const list = columns.map((name) => `"${name}"`).join(", ");
  const reader = await connection.runAndReadAll(`select ${list} from read_parquet('${path.replaceAll("'", "''")}')`);
  connection.closeSync();
  instance.closeSync();
  return Object.fromEntries(reader.getColumns().map((values, i) => [columns[i]!, values.map(Number)]));
}
