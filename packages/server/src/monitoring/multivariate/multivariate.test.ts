import { createRandom, type FeatureColumn } from "@slipway/statistics";
import { expect, test } from "vitest";
import { compareRows, learnUsual, type ReferenceFeatures } from "./compare-rows.ts";
import { judgeRows } from "./judge-rows.ts";

interface Made {
  readonly level?: (row: number) => number;
  readonly tied?: boolean;
}

/** Three numbers, the second of which follows the first, and a category. `level` moves the first. */
function createRows(seed: number) {
  const random = createRandom(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return (n: number, { level = () => 0, tied = true }: Made = {}): FeatureColumn[] => {
    const a = Float64Array.from({ length: n }, (_, i) => normal() + level(i));
    return [
      { kind: "number", values: a },
      { kind: "number", values: a.map((value, i) => (tied ? value - level(i) : normal()) + 0.1 * normal()) },
      { kind: "number", values: Float64Array.from({ length: n }, normal) },
      { kind: "category", codes: Float64Array.from({ length: n }, () => Math.floor(random() * 4)) },
    ];
  };
}

function judge(reference: ReferenceFeatures, window: readonly FeatureColumn[]) {
  const usual = learnUsual(reference, 200)!;
  const compared = compareRows(reference, { window });
  const found = { usual, compared, rows: 200, sampleRows: reference.n, names: ["a", "b", "c", "d"] };
  return judgeRows({ found, minRows: 100, provisional: false, alpha: 0.01 });
}
const verdicts = (findings: ReturnType<typeof judge>) => findings.map(({ verdict }) => verdict);

test("columns that part company are seen, though each of them looks as ever", () => {
  const rows = createRows(1);
  const reference = { columns: rows(3000), n: 3000, places: null };
  expect(verdicts(judge(reference, rows(200)))).toEqual(["pass", "pass"]);
  const parted = judge(reference, rows(200, { tied: false }));
  expect(verdicts(parted)).toEqual(["fail", "fail"]);
  expect(parted[0]!.message).toMatch(/AUC of 0\.[89]\d*; up to 0\.[56]\d* is usual\. It goes by [ab] \(\d+ %\)/);
});

test("what hours differ by of themselves is usual", () => {
  const rows = createRows(2);
  const level = (i: number) => Math.sin(Math.floor(i / 200) * 2.4);
  const places = Float64Array.from({ length: 4000 }, (_, i) => Math.floor(i / 200));
  const columns = rows(4000, { level });
  const hour = rows(200, { level: () => 0.7 });
  expect(verdicts(judge({ columns, n: 4000, places }, hour))).toEqual(["pass", "pass"]);
  expect(verdicts(judge({ columns, n: 4000, places: null }, hour))[0]).toBe("fail");
});

test("too few rows are no answer", () => {
  const columns = createRows(3)(500);
  expect(learnUsual({ columns, n: 500, places: null }, 90)).toBeNull();
  expect(learnUsual({ columns, n: 500, places: Float64Array.from({ length: 500 }, (_, i) => i % 10) }, 200)).toBeNull();
  const found = { usual: null, compared: null, rows: 30, sampleRows: 500, names: [] };
  const [finding] = judgeRows({ found, minRows: 100, provisional: false, alpha: 0.01 });
  expect(finding).toMatchObject({ verdict: "insufficient", rows: 30, referenceRows: 500 });
});
