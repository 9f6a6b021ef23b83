import { compareMetrics, parseMetrics } from "./metrics-text.ts";

/** What the server says of the time of the load, from its metrics before and after. */
export interface ServerFigures {
  readonly seconds: number;
  /** Cores that its process kept busy; null where it does not say. */
  readonly cpuCores: number | null;
  /** Replicas that ran a model, on the average of the time. */
  readonly busyReplicas: number | null;
  /** Rows of a run, on the average of the runs. */
  readonly runRows: number | null;
  readonly runs: number | null;
  /** Of a run. */
  readonly runMs: number | null;
  /** That a request waited for its run, on the average. */
  readonly queueMs: number | null;
  readonly queueP99Ms: number | null;
  /** From the parsed header to the record of the answer. */
  readonly requestMs: { readonly mean: number; readonly p99: number } | null;
  /** Requests by how they ended: `ok`, or the code of an error. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Requests that were refused before they waited, by the reason. */
  readonly rejected: Readonly<Record<string, number>>;
  readonly expired: number | null;
  readonly cancelled: number | null;
  /** Resident memory at the end. */
  readonly rssBytes: number | null;
}

export interface Reading {
  /** Of `/metrics`; null where the token may not read it. */
  readonly metrics: string | null;
  /** Of the Open Inference Protocol's statistics of the version; null where there are none. */
  readonly statistics: ModelStatistics | null;
  /** Monotonic milliseconds. */
  readonly at: number;
}

interface Duration {
  readonly count: number;
  readonly ns: number;
}

/** What is used of an entry of `model_stats`. */
export interface ModelStatistics {
  readonly execution_count: number;
  readonly inference_stats: { readonly queue: Duration };
  readonly batch_stats: readonly { readonly batch_size: number; readonly compute_infer: Duration }[];
}

export function toServerFigures(endpoint: string, before: Reading, after: Reading): ServerFigures {
  const end = parseMetrics(after.metrics ?? "");
  const found = compareMetrics(parseMetrics(before.metrics ?? ""), end);
  const filter = { endpoint };
  const seconds = (after.at - before.at) / 1_000;
  const [mean, p99] = [
    found.mean("slipway_request_seconds", filter),
    found.percentile("slipway_request_seconds", 0.99, filter),
  ];
  const cpu = found.sum("process_cpu_seconds_total");
  const queueP99 = found.percentile("slipway_queue_seconds", 0.99, filter);
  return {
    seconds,
    cpuCores: cpu === null ? null : cpu / seconds,
    ...toRuns({ before: before.statistics, after: after.statistics, seconds }),
    queueP99Ms: queueP99 === null ? null : queueP99 * 1_000,
    requestMs: mean === null || p99 === null ? null : { mean: mean * 1_000, p99: p99 * 1_000 },
    outcomes: found.by("slipway_requests_total", "outcome", filter),
    rejected: found.by("slipway_rejected_total", "reason", filter),
    expired: found.sum("slipway_expired_total", filter),
    cancelled: found.sum("slipway_cancelled_total", filter),
    rssBytes: end.get("process_resident_memory_bytes")?.reduce((sum, { value }) => sum + value, 0) ?? null,
  };
}

type Runs = Pick<ServerFigures, "busyReplicas" | "runRows" | "runs" | "runMs" | "queueMs">;

function toRuns(reading: {
  readonly before: ModelStatistics | null;
  readonly after: ModelStatistics | null;
  readonly seconds: number;
}): Runs {
  const { before, after, seconds } = reading;
  const none: Runs = { busyReplicas: null, runRows: null, runs: null, runMs: null, queueMs: null };
  if (before === null || after === null) return none;
  const [from, to] = [toTotals(before), toTotals(after)];
  const runs = to.runs - from.runs;
  // A version that was loaded anew meanwhile counts from zero.
  if (runs <= 0) return none;
  const [runNs, queued] = [to.runNs - from.runNs, to.queued - from.queued];
  return {
    busyReplicas: runNs / 1e9 / seconds,
    runRows: (to.rows - from.rows) / runs,
    runs,
    runMs: runNs / 1e6 / runs,
    queueMs: queued <= 0 ? null : (to.queueNs - from.queueNs) / 1e6 / queued,
  };
}

function toTotals({ inference_stats: { queue }, batch_stats: batches }: ModelStatistics) {
  const sum = (each: (batch: (typeof batches)[number]) => number) =>
    batches.reduce((total, batch) => total + each(batch), 0);
  return {
    runs: sum(({ compute_infer: { count } }) => count),
    rows: sum(({ batch_size: rows, compute_infer: { count } }) => rows * count),
    runNs: sum(({ compute_infer: { ns } }) => ns),
    queued: queue.count,
    queueNs: queue.ns,
  };
}
