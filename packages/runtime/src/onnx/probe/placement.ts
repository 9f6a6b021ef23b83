import type { ProbeReport } from "./report.ts";

/** In the thread of the event loop, nothing may block for longer. */
export const threadLimits = { createMs: 5, runP95Ms: 1 } as const;

/** Where a model of this speed runs: in the event loop's thread only where nobody would notice. */
export function choosePlacement(report: Pick<ProbeReport, "createMs" | "runs">): "thread" | "worker" {
  const { createMs, runs } = report;
  return runs !== null && createMs <= threadLimits.createMs && runs.p95Ms <= threadLimits.runP95Ms
    ? "thread"
    : "worker";
}
