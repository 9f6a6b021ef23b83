import { normalTail } from "@slipway/statistics";
import type { Finding } from "../finding.ts";
import { metricNames, type GroupMeasured, type PerformanceWindow } from "./performance-window.ts";
import { figure, nameOf } from "./words.ts";

export interface JudgeGroups {
  readonly current: PerformanceWindow;
  /** The first final windows before it. */
  readonly first: readonly PerformanceWindow[];
}

/** Of a metric between 0 and 1; of an error the same share of the larger one. */
const leastGap = 0.1;
const alpha = 0.01;

/** The gap between the best and the worst group of each column: whether it is more than chance, and wider than it was. */
export function judgeGroups({ current, first }: JudgeGroups): Finding[] {
  const columns = [...new Set(current.groups.map(({ column }) => column))];
  if (current.state !== "final") return [];
  return columns.flatMap((column) => {
    const gap = gapOf(current, column);
    return gap === null ? [] : [toFinding(current, { column, gap, usual: usualGap(first, column) })];
  });
}

interface Gap {
  readonly best: GroupMeasured;
  readonly worst: GroupMeasured;
  readonly size: number;
  /** Two-sided, for the widest of all pairs. */
  readonly p: number;
  readonly rows: number;
}

function gapOf({ groups, problem }: PerformanceWindow, column: string): Gap | null {
  const own = groups.filter((each) => each.column === column).toSorted((a, b) => a.value - b.value);
  const [low, high] = [own[0], own.at(-1)];
  if (low === undefined || high === undefined || own.length < 2) return null;
  const isError = problem === "regression";
  const difference = high.value - low.value;
  const error = Math.hypot(low.standardError ?? 0, high.standardError ?? 0);
  const pairs = (own.length * (own.length - 1)) / 2;
  return {
    best: isError ? low : high,
    worst: isError ? high : low,
    size: isError ? (high.value === 0 ? 0 : difference / high.value) : difference,
    p: error === 0 ? 1 : Math.min(1, 2 * pairs * normalTail(difference / error)),
    rows: own.reduce((sum, { rows }) => sum + rows, 0),
  };
}

/** A gap that has always been there is known. */
function usualGap(first: readonly PerformanceWindow[], column: string): number {
  const sizes = first.map((window) => gapOf(window, column)?.size).filter((size) => size !== undefined);
  if (sizes.length < 5) return 0;
  return sizes.toSorted((a, b) => a - b)[Math.floor(sizes.length / 2)] ?? 0;
}

function toFinding(
  current: PerformanceWindow,
  { column, gap, usual }: { readonly column: string; readonly gap: Gap; readonly usual: number },
): Finding {
  const { best, worst, size, p, rows } = gap;
  const metric = metricNames[current.problem][0];
  const threshold = usual + leastGap;
  return {
    monitor: "performance.group",
    slice: current.slice,
    column,
    metric,
    verdict: size >= threshold && p < alpha ? "fail" : "pass",
    severity: "warning",
    value: size,
    threshold,
    p,
    pAdjusted: p,
    effect: size - usual,
    rows,
    referenceRows: null,
    provisional: false,
    message:
      `By ${column}, ${nameOf(metric)} is ${figure(worst.value)} for ${worst.group} (${worst.rows} rows) ` +
      `and ${figure(best.value)} for ${best.group} (${best.rows} rows).`,
    details: { worst: worst.group, best: best.group, usual },
  };
}
