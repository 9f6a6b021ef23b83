import type { FindingVerdict } from "../finding.ts";
import type { MonitorSettings } from "../settings.ts";
import type { Watched, Window } from "../watched.ts";
import { findBaseline, judgedMetrics } from "./judge-window.ts";
import { judgeMetric, limitsFor } from "./judge-metric.ts";
import type { PerformanceDeps } from "./performance-deps.ts";
import type { PerformanceWindow } from "./performance-window.ts";
import { rateOfLabels } from "./label-rate.ts";
import type { PerformanceStore } from "./store.ts";

/** One metric of one window, realised or estimated. */
export interface PerformancePoint {
  readonly window: Window;
  readonly metric: string;
  readonly kind: "realised" | "estimated";
  readonly value: number | null;
  /** Three standard errors below and above. */
  readonly lower: number | null;
  readonly upper: number | null;
  readonly min: number | null;
  readonly max: number | null;
  readonly rows: number;
  readonly predictions: number;
  readonly provisional: boolean;
  readonly verdict: FindingVerdict;
}

export interface PerformanceCourse {
  readonly problem: PerformanceWindow["problem"] | null;
  /** Oldest first. */
  readonly points: readonly PerformancePoint[];
  /** Share of the predictions whose labels should be here that have one; null where that cannot be told. */
  readonly labelRate: number | null;
  /** Mean absolute distance of the estimated headline from what came true later; null where nothing did. */
  readonly estimatorError: number | null;
  /** Final windows that it is from. */
  readonly estimatorWindows: number;
}

export interface PointsQuery {
  readonly watched: Watched;
  readonly settings: MonitorSettings;
  readonly slice: string;
  /** The last of the windows ends here or before; milliseconds. */
  readonly until?: number | undefined;
  /** Windows, the newest ones. */
  readonly limit: number;
  readonly now: number;
}

export type Points = (query: PointsQuery) => Promise<PerformanceCourse>;

const mostFirst = 30;

export function createPoints({
  store,
  findReference,
}: Pick<PerformanceDeps, "findReference"> & { readonly store: PerformanceStore }): Points {
  return async ({ watched, settings, slice, until, limit, now }) => {
    const about = { watched, windowMs: settings.windowMs, slice };
    const newest = await store.list({ ...about, until, order: "newest", limit });
    const windows = newest.toReversed();
    const first = await store.list({ ...about, state: "final", order: "oldest", limit: mostFirst });
    const estimator = (await findReference(watched))?.estimator ?? null;
    const points = windows.flatMap((current) => {
      const earlier = first.filter(({ window }) => window.to <= current.window.from);
      return judgedMetrics(current.problem, settings).flatMap((metric) =>
        toPoints({
          metric,
          current,
          bounds: settings.performance[metric] ?? null,
          baseline: findBaseline({ current, first: earlier, estimator }, metric),
          minRows: settings.drift.minRows,
          maturity: settings.labels.maturity,
        }),
      );
    });
    const errors = windows.flatMap((window) => errorsOf(window, settings));
    return {
      problem: windows.at(-1)?.problem ?? null,
      points,
      labelRate: rateOfLabels(newest, now)?.share ?? null,
      estimatorError: errors.length === 0 ? null : errors.reduce((sum, error) => sum + error, 0) / errors.length,
      estimatorWindows: errors.length,
    };
  };
}

function toPoints(input: Parameters<typeof judgeMetric>[0]): PerformancePoint[] {
  const { metric, current } = input;
  return judgeMetric(input).map(({ monitor, verdict }) => {
    const kind = monitor === "performance.estimated" ? "estimated" : "realised";
    const measured = current[kind][metric];
    const limits = limitsFor(input, measured?.rows ?? current.rows);
    const band = measured === undefined || measured.standardError === null ? null : 3 * measured.standardError;
    return {
      window: current.window,
      metric,
      kind,
      value: measured?.value ?? null,
      lower: measured === undefined || band === null ? null : measured.value - band,
      upper: measured === undefined || band === null ? null : measured.value + band,
      min: limits?.min ?? null,
      max: limits?.max ?? null,
      rows: measured?.rows ?? 0,
      predictions: current.rows,
      provisional: kind === "realised" && current.state !== "final",
      verdict,
    };
  });
}

/** How far the estimate of the headline was from what came true, where that is final. */
function errorsOf({ state, problem, realised, estimated }: PerformanceWindow, settings: MonitorSettings): number[] {
  const [headline] = judgedMetrics(problem, settings);
  const [was, is] = [estimated[headline ?? ""], realised[headline ?? ""]];
  return state === "final" && was !== undefined && is !== undefined ? [Math.abs(was.value - is.value)] : [];
}
