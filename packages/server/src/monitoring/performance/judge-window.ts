import type { Finding } from "../finding.ts";
import type { MonitorSettings } from "../settings.ts";
import type { Estimator } from "./estimator.ts";
import { judgeCustom } from "./judge-custom.ts";
import { judgeGroups } from "./judge-groups.ts";
import { judgeMetric } from "./judge-metric.ts";
import { judgeLabelRate } from "./judge-label-rate.ts";
import { baselineOf, baselineOfWindows, type Baseline } from "./limits.ts";
import type { ArrivalWindow } from "./performance-tasks.ts";
import { judgedByDefault, type PerformanceWindow } from "./performance-window.ts";

export interface JudgeWindow {
  /** One slice of the window. */
  readonly current: PerformanceWindow;
  /** The first final windows of the slice before it, the oldest first. */
  readonly first: readonly PerformanceWindow[];
  /** The windows of the slice up to this one, the newest first. */
  readonly recent: readonly ArrivalWindow[];
  readonly estimator: Estimator | null;
  readonly settings: MonitorSettings;
  readonly now: number;
}

/** Everything about the performance of one slice of a window. */
export function judgeWindow(input: JudgeWindow): Finding[] {
  const { current, settings } = input;
  const findings = judgedMetrics(current.problem, settings).flatMap((metric) =>
    judgeMetric({
      metric,
      current,
      bounds: settings.performance[metric] ?? null,
      baseline: findBaseline(input, metric),
      minRows: settings.drift.minRows,
      maturity: settings.labels.maturity,
    }),
  );
  findings.push(...judgeLabelRate(input));
  if (current.slice === "") findings.push(...judgeGroups(input), ...judgeCustom(current, settings));
  return findings;
}

/** Of the reference for all of the traffic; a slice is held against its own past, as it may always have been better or worse. */
export function findBaseline(
  { current, first, estimator }: Pick<JudgeWindow, "current" | "first" | "estimator">,
  metric: string,
): Baseline | null {
  const known = current.slice === "" && estimator !== null ? baselineOf(estimator, metric) : null;
  return known ?? baselineOfWindows(first, metric);
}

/** The few that stand for the rest, and what is named in the configuration. */
export function judgedMetrics(
  problem: PerformanceWindow["problem"],
  { performance, cost }: Pick<MonitorSettings, "performance" | "cost">,
): string[] {
  const worth = cost === null || problem === "regression" ? [] : ["value"];
  return [...new Set([...judgedByDefault[problem], ...worth, ...Object.keys(performance)])];
}
