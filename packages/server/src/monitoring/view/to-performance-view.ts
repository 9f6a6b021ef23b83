import type { MonitorPerformance, MonitorPerformancePoint } from "@slipway/contract";
import type { Finding } from "../finding.ts";
import {
  judgedByDefault,
  metricNames,
  worseWhen,
  type Measured,
  type PerformanceWindow,
} from "../performance/performance-window.ts";

/** A window of one slice with what was found of its performance. */
export interface PerformanceFound {
  readonly window: PerformanceWindow;
  readonly findings: readonly Finding[];
}

/** Bands are three standard errors wide on each side. */
const deviations = 3;
const monitors = { realised: "performance.realised", estimated: "performance.estimated" } as const;

/** @param found of one slice, the oldest first */
export function toPoints(found: readonly PerformanceFound[]): MonitorPerformancePoint[] {
  const shown = metricsOf(found);
  return found.flatMap((each) => [
    ...shown.flatMap((metric) => [...toPoint(each, metric, "estimated"), ...toPoint(each, metric, "realised")]),
    ...customPoints(each),
  ]);
}

/** What was judged in any of the windows, and what the problem is first judged by. */
function metricsOf(found: readonly PerformanceFound[]): string[] {
  const judged = new Set(
    found.flatMap(({ findings }) =>
      findings.filter(({ monitor }) => Object.values<string>(monitors).includes(monitor)).map(({ metric }) => metric),
    ),
  );
  const problem = found.at(-1)?.window.problem;
  if (problem === undefined) return [];
  const known: readonly string[] = metricNames[problem];
  for (const metric of judgedByDefault[problem]) judged.add(metric);
  return known.filter((metric) => judged.has(metric));
}

function toPoint(
  { window, findings }: PerformanceFound,
  metric: string,
  kind: MonitorPerformancePoint["kind"],
): MonitorPerformancePoint[] {
  const measured: Measured | undefined = window[kind][metric];
  if (measured === undefined) return [];
  const finding = findings.find((each) => each.monitor === monitors[kind] && each.metric === metric);
  const { value, standardError, rows } = measured;
  const width = standardError === null ? null : deviations * standardError;
  return [
    {
      ...spanOf(window),
      metric,
      kind,
      value,
      lower: width === null ? null : value - width,
      upper: width === null ? null : value + width,
      ...boundsOf(metric, finding),
      rows,
      predictions: window.rows,
      provisional: kind === "realised" && window.state !== "final",
      verdict: finding?.verdict ?? "insufficient",
    },
  ];
}

function customPoints({ window, findings }: PerformanceFound): MonitorPerformancePoint[] {
  return Object.entries(window.custom).flatMap(([metric, { value }]) => {
    if (value === null) return [];
    const finding = findings.find((each) => each.monitor === "performance.custom" && each.metric === metric);
    return [
      {
        ...spanOf(window),
        metric,
        kind: "realised" as const,
        value,
        lower: null,
        upper: null,
        ...boundsOf(metric, finding),
        rows: window.rows,
        predictions: window.rows,
        provisional: window.state === "provisional",
        verdict: finding?.verdict ?? "insufficient",
      },
    ];
  });
}

function spanOf({ window }: PerformanceWindow): { readonly from: string; readonly to: string } {
  return { from: new Date(window.from).toISOString(), to: new Date(window.to).toISOString() };
}

/** A judge that has two bounds says so in the details; else the threshold is on the side that is worse. */
function boundsOf(metric: string, finding: Finding | undefined): { min: number | null; max: number | null } {
  const told = (key: "min" | "max") => {
    const bound = finding?.details?.[key];
    return typeof bound === "number" ? bound : null;
  };
  const [min, max, threshold] = [told("min"), told("max"), finding?.threshold ?? null];
  if (min !== null || max !== null) return { min, max };
  return worseWhen(metric) === "higher" ? { min: null, max: threshold } : { min: threshold, max: null };
}

/** @param found of one slice, the oldest first */
export function toPerformanceView(
  found: readonly PerformanceFound[],
  findings: readonly Finding[],
): MonitorPerformance {
  const problem = found.at(-1)?.window.problem ?? null;
  const headline = problem === null ? null : metricNames[problem][0];
  const distances = found.flatMap(({ window: { state, realised, estimated } }) => {
    const [real, guess] = headline === null ? [] : [realised[headline], estimated[headline]];
    return state === "final" && real !== undefined && guess !== undefined ? [Math.abs(real.value - guess.value)] : [];
  });
  const rate = findings.find(({ monitor }) => monitor === "labels.rate")?.value ?? null;
  return {
    problem,
    points: toPoints(found),
    label_rate: rate ?? shareLabelled(found),
    estimator_error: distances.length === 0 ? null : distances.reduce((sum, one) => sum + one, 0) / distances.length,
    estimator_windows: distances.length,
  };
}

/** Null where no label ever came: then nobody is waiting for one. */
function shareLabelled(found: readonly PerformanceFound[]): number | null {
  const rows = found.reduce((sum, { window }) => sum + window.rows, 0);
  const labelled = found.reduce((sum, { window }) => sum + window.labelled, 0);
  return labelled === 0 || rows === 0 ? null : labelled / rows;
}
