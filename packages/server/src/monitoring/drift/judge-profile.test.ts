import { expect, test } from "vitest";
import { calibrate } from "./calibrate.ts";
import type { Season } from "./calibration.ts";
import { judgeProfile } from "./judge-profile.ts";
import { driftSettings, planOf, toCountedProfile, type TestColumn } from "./testing/counted-profile.ts";
import { createDraw } from "./testing/simulate.ts";

const hourMs = 3_600_000;

function createJudge(
  reference: readonly TestColumn[],
  blocks: readonly (readonly TestColumn[])[] = [],
  season: Season = "none",
) {
  const plan = planOf(reference);
  const profile = toCountedProfile(plan, reference);
  const calibration = calibrate({
    plan,
    reference: profile,
    blocks: blocks.map((block, i) => ({ at: i * hourMs, columns: toCountedProfile(plan, block).columns })),
    windowMs: hourMs,
    season,
  });
  return (window: readonly TestColumn[], settings: Partial<typeof driftSettings> & { at?: number } = {}) =>
    judgeProfile({
      reference: { plan, profile, provisional: false },
      calibration: JSON.parse(JSON.stringify(calibration)),
      current: toCountedProfile(plan, window),
      at: settings.at ?? 0,
      settings: { ...driftSettings, ...settings },
    });
}

const join = (blocks: readonly (readonly TestColumn[])[]): TestColumn[] =>
  blocks[0]!.map(({ kind }, i) => ({
    kind,
    values: Float64Array.from(blocks.flatMap((block) => [...block[i]!.values])),
  }));
const first = (draw: ReturnType<typeof createDraw>, columns: number) => (rows: number) => draw(rows).slice(0, columns);
const map = (columns: readonly TestColumn[], fn: (value: number, column: number) => number) =>
  columns.map(({ kind, values }, i) => ({ kind, values: values.map((value) => fn(value, i)) }));
const failed = (findings: ReturnType<typeof judgeProfile>) =>
  findings.filter(({ verdict }) => verdict === "fail").map(({ column }) => column);

test("a share that is sent as percent is named, with both figures", () => {
  const draw = createDraw(3);
  const judge = createJudge(draw(5000));
  const findings = judge(map(draw(300), (value, column) => (column === 8 ? 100 * value : value)));
  expect(failed(findings)).toEqual(["c8"]);
  const found = findings.find(({ column }) => column === "c8")!;
  expect(found).toMatchObject({ monitor: "drift.input", severity: "critical", rows: 300, referenceRows: 5000 });
  expect(found.message).toMatch(
    /^c8 moved: mean \d+(\.\d+)? in this window, [01](\.\d+)? in the reference; \d\d(\.\d+)? standard deviations/,
  );
  expect(found.value!).toBeGreaterThan(found.threshold!);
});

test("few rows are no answer, and what is too small to matter is none that is alarmed", () => {
  const draw = first(createDraw(4), 6);
  const judge = createJudge(draw(20_000));
  const few = judge(map(draw(40), (value) => value + 5));
  expect(few.every(({ verdict }) => verdict === "insufficient")).toBe(true);
  expect(few[0]!.message).toBe("c0 has 40 values in this window; from 50 on something can be said.");
  const small = map(draw(20_000), (value, column) => (column === 0 ? value + 0.07 : value));
  const found = judge(small).find(({ column }) => column === "c0")!;
  expect(found.pAdjusted!).toBeLessThan(0.001);
  expect(found.verdict).toBe("pass");
  expect(found.message).toContain("c0 moved a little");
  expect(failed(judge(small, { effect: 0.05 }))).toContain("c0");
  expect(failed(judge(small, { effect: 0.05, ignore: ["c0"] }))).not.toContain("c0");
});

test("a column that goes up and down by itself has to move further than one that does not", () => {
  const draw = first(createDraw(5), 4);
  // c0 has a level of its own in each hour, c1 has not.
  const blocks = Array.from({ length: 60 }, (_, i) => {
    const level = Math.sin(i * 2.4) * 0.5;
    return map(draw(300), (value, column) => (column === 0 ? value + level : value));
  });
  const judge = createJudge(join(blocks), blocks);
  const moved = (column: number, by: number) => map(draw(300), (value, i) => (i === column ? value + by : value));
  expect(failed(judge(moved(0, 0.45)))).toEqual([]);
  expect(failed(judge(moved(1, 0.45)))).toEqual(["c1"]);
  expect(failed(judge(moved(0, 3)))).toEqual(["c0"]);
});

test("a column that never varies in the reference leaves the others their alarms", () => {
  const draw = first(createDraw(8), 2);
  const withConstant = (columns: readonly TestColumn[]): TestColumn[] => [
    ...columns,
    { kind: "category", values: new Float64Array(columns[0]!.values.length) },
  ];
  const blocks = Array.from({ length: 60 }, () => withConstant(draw(100)));
  const judge = createJudge(join(blocks), blocks);
  const window = withConstant(draw(300));
  expect(failed(judge(window))).toEqual([]);
  const moved = map(window, (value, column) => (column === 0 ? value + 1 : value));
  expect(failed(judge(moved))).toEqual(["c0"]);
  // Far beyond all blocks an alarm needs no more of them: slices share their part of the false alarms.
  expect(judge(map(window, (value, column) => (column === 0 ? value + 5 : value)))[0]!.pAdjusted!).toBeLessThan(0.002);
});

test("with a season a window is compared with its own hours", () => {
  const draw = first(createDraw(6), 3);
  const blocks = Array.from({ length: 24 * 5 }, (_, i) =>
    map(draw(100), (value, column) => (column === 0 && i % 24 < 12 ? value + 3 : value)),
  );
  const reference = join(blocks);
  const morning = map(draw(200), (value, column) => (column === 0 ? value + 3 : value));
  const at = (hour: number) => ({ at: hour * hourMs });
  const plain = createJudge(reference, blocks);
  const seasonal = createJudge(reference, blocks, "hour_of_day");
  expect(failed(plain(morning, at(20)))).toEqual([]);
  expect(failed(seasonal(morning, at(20)))).toEqual(["c0"]);
  expect(failed(seasonal(morning, at(8)))).toEqual([]);
});

test("a category that the reference does not have counts, and a constant column is no trouble", () => {
  const draw = createDraw(7);
  const reference = [...draw(3000), { kind: "number" as const, values: new Float64Array(3000).fill(7) }];
  const judge = createJudge(reference);
  const same = [...draw(500), { kind: "number" as const, values: new Float64Array(500).fill(7) }];
  expect(failed(judge(same))).toEqual([]);
  const other = map(same, (value, column) => (column === 20 ? 8 : column === 16 && value < 3 ? 99 : value));
  expect(new Set(failed(judge(other)))).toEqual(new Set(["c16", "c20"]));
  expect(judge(other).find(({ column }) => column === "c16")!.message).toContain("other values in 1");
});
