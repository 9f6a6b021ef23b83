import type { ProbeReport } from "./report.ts";

/** In the thread of the event loop, nothing may block for longer. */
export const threadLimits = { createMs: 5, runP95Ms: 1 } as const;

/**
 * Where a model runs: in the event loop's thread only where nobody would notice. A model that may loop as long as its input
 * says goes elsewhere however fast the probe's rows were: one row could stop the whole server.
 */
export function choosePlacement(report: Pick<ProbeReport, "createMs" | "runs" | "unbounded">): "thread" | "worker" {
  const { createMs, runs, unbounded } = report;
  return runs !== null &&
    unbounded.length === 0 &&
    createMs <= threadLimits.createMs &&
    runs.p95Ms <= threadLimits.runP95Ms
    ? "thread"
    : "worker";
}
