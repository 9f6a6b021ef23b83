import { createRandom } from "@slipway/statistics";
import { calibrate } from "../calibrate.ts";
import { univariateShare } from "../judge.ts";
import { judgeProfile } from "../judge-profile.ts";
import { driftSettings, planOf, toCountedProfile, type TestColumn } from "./counted-profile.ts";

export interface Simulation {
  readonly seed: number;
  /** Independent references, each with one window of each size. */
  readonly references: number;
  readonly referenceRows: number;
  readonly sizes: readonly number[];
  /** Blocks that the reference says it is made of; 0: it has no times. */
  readonly blocks?: number;
}

export interface Simulated {
  readonly rows: number;
  /** Shares of windows: without any drift, one alarm or more; one column moved by 0.2 of its deviation, or a category, that is named. */
  readonly falseAlarms: number;
  readonly shiftSeen: number;
  readonly categorySeen: number;
  /** The same of two of three windows in a row. */
  readonly incidentSeen: number;
}

const categories = 20;
const rare = 30;

/** 20 columns: normal, skewed, whole, often zero; even and uneven categories. */
export function createDraw(seed: number): (rows: number) => TestColumn[] {
  const random = createRandom(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  let total = 0;
  const zipf = Array.from({ length: rare }, (_, i) => (total += 1 / (i + 1)));
  const column = (i: number): (() => number) => {
    if (i < 8) return normal;
    if (i < 12) return () => -Math.log(1 - random());
    if (i < 14) return () => Math.floor(random() * 7);
    if (i < 16) return () => (random() < 0.7 ? 0 : Math.exp(normal()));
    if (i < 18) return () => Math.floor(random() * categories);
    return () => zipf.findIndex((bound) => bound >= random() * total);
  };
  const columns = Array.from({ length: 20 }, (_, i) => column(i));
  return (rows) =>
    columns.map((next, i) => ({
      kind: i < 16 ? "number" : "category",
      values: Float64Array.from({ length: rows }, next),
    }));
}

/** How often independent rows raise an alarm, and how often a small move is seen. */
export function simulate({ seed, references, referenceRows, sizes, blocks = 0 }: Simulation): Simulated[] {
  const draw = createDraw(seed);
  const counts = sizes.map(() => ({ falseAlarms: 0, shiftSeen: 0, categorySeen: 0, incidentSeen: 0 }));
  for (let i = 0; i < references; i++) {
    const judge = createJudging(draw(referenceRows), blocks);
    for (const [place, rows] of sizes.entries()) {
      const count = counts[place]!;
      const window = draw(rows);
      if (judge(window).size > 0) count.falseAlarms++;
      const seen = [window, draw(rows), draw(rows)].map((each) => judge(moveMean(each)).has("c0"));
      if (seen[0] === true) count.shiftSeen++;
      if (seen.filter(Boolean).length >= 2) count.incidentSeen++;
      if (judge(moveCategory(window)).has("c17")) count.categorySeen++;
    }
  }
  return sizes.map((rows, place) => {
    const { falseAlarms, shiftSeen, categorySeen, incidentSeen } = counts[place]!;
    return {
      rows,
      falseAlarms: falseAlarms / references,
      shiftSeen: shiftSeen / references,
      categorySeen: categorySeen / references,
      incidentSeen: incidentSeen / references,
    };
  });
}

function createJudging(
  reference: readonly TestColumn[],
  blocks: number,
): (window: readonly TestColumn[]) => Set<string> {
  const plan = planOf(reference);
  const profile = toCountedProfile(plan, reference);
  const rows = reference[0]!.values.length;
  const cut = (from: number, to: number) =>
    reference.map(({ kind, values }) => ({ kind, values: values.subarray(from, to) }));
  const calibration = calibrate({
    plan,
    reference: profile,
    blocks: Array.from({ length: blocks }, (_, i) => {
      const part = cut(Math.floor((i * rows) / blocks), Math.floor(((i + 1) * rows) / blocks));
      return { at: i, columns: toCountedProfile(plan, part).columns };
    }),
    windowMs: 1,
    season: "none",
  });
  return (window) => {
    const findings = judgeProfile({
      reference: { plan, profile, provisional: false },
      calibration,
      current: toCountedProfile(plan, window),
      at: 0,
      settings: driftSettings,
      alpha: driftSettings.alpha * univariateShare,
    });
    return new Set(findings.filter(({ verdict }) => verdict === "fail").map(({ column }) => column!));
  };
}

/** c0 by 0.2 of its deviation. */
function moveMean(window: readonly TestColumn[]): TestColumn[] {
  return window.map((column, i) =>
    i === 0 ? { ...column, values: column.values.map((value) => value + 0.2) } : column,
  );
}

/** One of 20 categories of c17 gives way to its neighbour. */
function moveCategory(window: readonly TestColumn[]): TestColumn[] {
  return window.map((column, i) =>
    i === 17 ? { ...column, values: column.values.map((value) => (value === 3 ? 4 : value)) } : column,
  );
}
