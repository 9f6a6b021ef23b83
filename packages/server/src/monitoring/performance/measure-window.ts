import { estimate, estimateLosses } from "./estimate.ts";
import type { Estimator } from "./estimator.ts";
import { measure } from "./measure.ts";
import { metricNames, type GroupMeasured, type PerformanceWindow } from "./performance-window.ts";
import type { CostTable, Problem } from "./problem.ts";
import { takeRows, toScoredRows, type Column, type RawRows, type ScoredRows } from "./scored-rows.ts";

/** All answers of a window. */
export interface WindowRows extends RawRows {
  /** Milliseconds from the end of the window to the first label; NaN: there is none. Not below 0. */
  readonly lags: Float64Array;
  /** Of each slice, 1 for the rows that belong to it. */
  readonly slices: ReadonlyMap<string, Float64Array>;
  readonly groups: ReadonlyMap<string, readonly (string | null)[]>;
  /** What the models of a regression's error need. */
  readonly features: ReadonlyMap<string, Column>;
}

export interface MeasuringOptions {
  readonly problem: Problem;
  readonly estimator: Estimator | null;
  readonly cost: CostTable | null;
  readonly maturity: number;
  /** The horizon of labels has passed: what is not here will not come. */
  readonly isDue: boolean;
  /** What a label means that has not come by then. */
  readonly missing: string | null;
  /** Each row stands for so many. */
  readonly weight: number;
}

/** One slice of a window, without what only the caller knows. */
export type SliceOfWindow = Omit<PerformanceWindow, "watched" | "window" | "fingerprint" | "computedAt" | "custom">;

/** Upper bounds of the lags of `Arrivals`, in milliseconds. */
export const arrivalBounds: readonly number[] = [
  0, 60e3, 300e3, 900e3, 3_600e3, 10_800e3, 21_600e3, 43_200e3, 86_400e3, 172_800e3, 259_200e3, 604_800e3, 1_209_600e3,
  2_592_000e3, 5_184_000e3, 7_776_000e3,
];

/** Groups with fewer labelled rows are left out, as are all but the largest ones. */
const leastGroupRows = 30;
const mostGroups = 50;

/** Every slice of a window; the whole traffic first. */
export function measureWindow(raw: WindowRows, options: MeasuringOptions): SliceOfWindow[] {
  const { problem, isDue, missing } = options;
  const truth = isDue && missing !== null ? raw.truth.map((text) => text ?? missing) : raw.truth;
  const { rows } = toScoredRows(problem, { ...raw, truth });
  const losses = estimateLosses(options.estimator, { rows, features: raw.features });
  const all: Parts = { raw, rows, truth, losses, options };
  const slices = [...raw.slices].map(([name, isIn]) => measureSlice(all, { name, isIn: (i) => isIn[i] === 1 }));
  return [measureSlice(all, { name: "", isIn: () => true }), ...slices];
}

interface Parts {
  readonly raw: WindowRows;
  readonly rows: ScoredRows;
  readonly truth: readonly (string | null)[];
  /** Of each row, in the order of `rows`. */
  readonly losses: ReturnType<typeof estimateLosses>;
  readonly options: MeasuringOptions;
}

interface Slicing {
  readonly name: string;
  readonly isIn: (row: number) => boolean;
}

function measureSlice({ raw, rows, truth, losses, options }: Parts, { name, isIn }: Slicing): SliceOfWindow {
  const { problem, estimator, cost, maturity, isDue, weight } = options;
  const own = takeRows(rows, isIn);
  const counts = { rows: 0, labelled: 0, unusable: 0 };
  const arrivals = [...arrivalBounds, Infinity].map(() => 0);
  for (let i = 0; i < rows.n; i++) {
    if (!isIn(i)) continue;
    counts.rows++;
    if (!Number.isNaN(rows.truth[i]!)) counts.labelled++;
    else if ((truth[i] ?? null) !== null) counts.unusable++;
    if (!Number.isNaN(raw.lags[i]!)) arrivals[findBound(raw.lags[i]!)]! += weight;
  }
  const isFinal = counts.labelled > 0 && (isDue || counts.labelled >= maturity * counts.rows);
  const estimated =
    estimator === null
      ? {}
      : losses === null
        ? estimate(estimator, own, cost)
        : losses.estimate((i) => isIn(i) && !Number.isNaN(rows.prediction[i]!));
  return {
    slice: name,
    problem: problem.kind,
    target: problem,
    rows: counts.rows * weight,
    labelled: counts.labelled * weight,
    unusable: counts.unusable * weight,
    state: isFinal ? "final" : counts.labelled > 0 ? "provisional" : "unlabelled",
    realised: measure(problem, own, { cost }),
    estimated,
    groups: measureGroups(rows, { raw, isIn, problem }),
    arrivals: { counts: arrivals },
  };
}

function findBound(lag: number): number {
  const found = arrivalBounds.findIndex((bound) => lag <= bound);
  return found < 0 ? arrivalBounds.length : found;
}

interface Grouping {
  readonly raw: WindowRows;
  readonly isIn: (row: number) => boolean;
  readonly problem: Problem;
}

/** The headline metric of the groups of each column, where enough of their truth is known. */
function measureGroups(rows: ScoredRows, { raw, isIn, problem }: Grouping): GroupMeasured[] {
  const found: GroupMeasured[] = [];
  for (const [column, values] of raw.groups) {
    const members = new Map<string, number[]>();
    for (let i = 0; i < rows.n; i++) {
      const group = values[i] ?? null;
      if (group === null || !isIn(i) || Number.isNaN(rows.truth[i]!)) continue;
      const list = members.get(group);
      if (list === undefined) members.set(group, [i]);
      else list.push(i);
    }
    const largest = [...members].filter(([, list]) => list.length >= leastGroupRows);
    largest.sort((a, b) => b[1].length - a[1].length || (a[0] < b[0] ? -1 : 1));
    for (const [group, list] of largest.slice(0, mostGroups)) {
      const wanted = new Set(list);
      const measured = measure(
        problem,
        takeRows(rows, (i) => wanted.has(i)),
        { cost: null },
      )[metricNames[problem.kind][0]];
      if (measured !== undefined) found.push({ column, group, ...measured });
    }
  }
  return found;
}
