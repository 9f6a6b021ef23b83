import type { Finding } from "../finding.ts";
import type { MonitorSettings } from "../settings.ts";
import type { PerformanceWindow } from "./performance-window.ts";
import { figure } from "./words.ts";

/** Metrics that users write in SQL against the bounds that they gave them. One without bounds is shown. */
export function judgeCustom(current: PerformanceWindow, { metrics }: MonitorSettings): Finding[] {
  return Object.entries(metrics).flatMap(([metric, { sql, min, max }]): Finding[] => {
    const got = current.custom[metric];
    if (got === undefined) return [];
    const { value, error } = got;
    const isLow = value !== null && min !== null && value < min;
    const isHigh = value !== null && max !== null && value > max;
    const threshold = isLow ? min : isHigh ? max : (min ?? max);
    const base = {
      monitor: "performance.custom",
      slice: current.slice,
      column: null,
      metric,
      severity: "warning",
      value,
      threshold,
      p: null,
      pAdjusted: null,
      effect: null,
      rows: current.rows,
      referenceRows: null,
      provisional: current.state !== "final",
    } as const;
    if (error !== null) return [{ ...base, verdict: "error", message: `The SQL of ${metric} failed: ${error}` }];
    if (value === null)
      return [{ ...base, verdict: "insufficient", message: `The SQL of ${metric} gave no number for this window.` }];
    // What is labelled early is no fair sample.
    if (current.state !== "final" && /\blabels\b/i.test(sql))
      return [
        { ...base, verdict: "insufficient", message: `${metric} is ${figure(value)} so far; labels still come.` },
      ];
    const bound =
      threshold === null ? "" : isLow || isHigh ? `, beyond ${figure(threshold)}` : `, within ${figure(threshold)}`;
    return [{ ...base, verdict: isLow || isHigh ? "fail" : "pass", message: `${metric} is ${figure(value)}${bound}.` }];
  });
}
