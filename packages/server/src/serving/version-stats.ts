import { SlipwayError } from "@slipway/contract";
import { dispatchReasons, rejectReasons, type BatchResult, type RunReport } from "@slipway/runtime";
import { createHistogram, type Histogram } from "../platform/telemetry/index.ts";

/** Counts and times of one thing that happened to requests. Nanoseconds, as the Open Inference Protocol's statistics have them. */
export interface Duration {
  count: number;
  ns: number;
}

const queueBounds = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const rowBounds = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];

/** What one loaded version has done since it was loaded. Plain numbers, added up where the work is done. */
export interface VersionStats {
  /** Milliseconds since 1970 of the last request; 0: none yet. */
  lastInferenceAt: number;
  /** Rows that were answered. */
  inferences: number;
  /** Runs of the model. */
  executions: number;
  /** Requests that were answered, from their submission to their result. */
  readonly success: Duration;
  /** Requests that were not. */
  readonly fail: Duration;
  /** Of requests that were answered: the wait for their run, and the run that they were part of. */
  readonly queue: Duration;
  readonly compute: Duration;
  /** By rows of a run. */
  readonly batches: Map<number, Duration>;
  /** Runs, by what made them begin (`dispatchReasons`). */
  readonly dispatched: Record<string, number>;
  /** Requests that were refused before they waited (`rejectReasons`). */
  readonly rejected: Record<string, number>;
  /** Requests whose deadline passed before they were answered, and those whose callers went away. */
  expired: number;
  cancelled: number;
  /** Milliseconds that runs were expected to take, and by how much that was wrong, either way. */
  predictedMs: number;
  errorMs: number;
  readonly queueSeconds: Histogram;
  readonly runRows: Histogram;
}

export function createVersionStats(): VersionStats {
  const duration = (): Duration => ({ count: 0, ns: 0 });
  const zeros = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, 0]));
  return {
    lastInferenceAt: 0,
    inferences: 0,
    executions: 0,
    success: duration(),
    fail: duration(),
    queue: duration(),
    compute: duration(),
    batches: new Map(),
    dispatched: zeros(dispatchReasons),
    rejected: zeros(rejectReasons),
    expired: 0,
    cancelled: 0,
    predictedMs: 0,
    errorMs: 0,
    queueSeconds: createHistogram(queueBounds),
    runRows: createHistogram(rowBounds),
  };
}

export function countRun(stats: VersionStats, { rows, ms, predictedMs, reason }: RunReport): void {
  stats.executions++;
  stats.dispatched[reason]!++;
  stats.predictedMs += predictedMs;
  stats.errorMs += Math.abs(ms - predictedMs);
  stats.runRows.observe(rows);
  let ofSize = stats.batches.get(rows);
  if (!ofSize) stats.batches.set(rows, (ofSize = { count: 0, ns: 0 }));
  add(ofSize, ms);
}

export function countAnswer(
  stats: VersionStats,
  { queueUs, runUs }: BatchResult,
  { rows, totalMs }: { readonly rows: number; readonly totalMs: number },
): void {
  stats.inferences += rows;
  add(stats.success, totalMs);
  add(stats.queue, queueUs / 1000);
  add(stats.compute, runUs / 1000);
  stats.queueSeconds.observe(queueUs / 1e6);
}

export function countFailure(stats: VersionStats, error: unknown, totalMs: number): void {
  add(stats.fail, totalMs);
  if (!SlipwayError.is(error)) return;
  if (error.kind === "deadline") stats.expired++;
  else if (error.kind === "cancelled") stats.cancelled++;
  else if (error.code === "overloaded") {
    const reason = error.details["reason"];
    if (typeof reason === "string") stats.rejected[reason] = (stats.rejected[reason] ?? 0) + 1;
  }
}

function add(duration: Duration, ms: number): void {
  duration.count++;
  duration.ns += Math.round(ms * 1e6);
}
