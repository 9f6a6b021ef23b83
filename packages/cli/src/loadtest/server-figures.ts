import { compareMetrics, parseMetrics } from "./metrics-text.ts";

/** What the server says of the time of the load, from its metrics before and after. */
export interface ServerFigures {
  readonly seconds: number;
  /** Cores that its process kept busy; null where it does not say. */
  readonly cpuCores: number | null;
  /** Replicas that ran a model, on the average of the time. */
  readonly busyReplicas: number | null;
  readonly runs: number | null;
  /** Rows of a run, on the average of the runs. */
  readonly runRows: number | null;
  /** Most rows of a run, by the settings and by what the server knows of the times of runs. */
  readonly rowLimit: number | null;
  /** Of a run. */
  readonly runMs: number | null;
  /** That a request waited for its run. */
  readonly queueMs: { readonly mean: number; readonly p99: number } | null;
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
  /** Of `/metrics`; null where it cannot be read. */
  readonly text: string | null;
  /** Monotonic milliseconds. */
  readonly at: number;
}

export interface Served {
  readonly endpoint: string;
  readonly version: number;
}

/** Null where the server says nothing. */
export function toServerFigures(
  { endpoint, version }: Served,
  { before, after }: { readonly before: Reading; readonly after: Reading },
): ServerFigures | null {
  if (before.text === null || after.text === null) return null;
  const end = parseMetrics(after.text);
  const found = compareMetrics(parseMetrics(before.text), end);
  const [ofEndpoint, ofVersion] = [{ endpoint }, { endpoint, version: String(version) }];
  const seconds = (after.at - before.at) / 1_000;
  const perSecond = (value: number | null) => (value === null ? null : value / seconds);
  const inMs = (name: string, filter: typeof ofEndpoint) => {
    const [mean, p99] = [found.mean(name, filter), found.percentile(name, 0.99, filter)];
    return mean === null || p99 === null ? null : { mean: mean * 1_000, p99: p99 * 1_000 };
  };
  const last = (name: string, filter = {}) => found.last(name, filter);
  const runs = found.sum("slipway_run_rows_count", ofVersion);
  const runSeconds = found.sum("slipway_run_seconds_total", ofVersion);
  return {
    seconds,
    cpuCores: perSecond(found.sum("process_cpu_seconds_total")),
    busyReplicas: perSecond(runSeconds),
    runs,
    runRows: found.mean("slipway_run_rows", ofVersion),
    rowLimit: last("slipway_run_row_limit", ofVersion),
    runMs: runSeconds === null || !runs ? null : (runSeconds / runs) * 1_000,
    queueMs: inMs("slipway_queue_seconds", ofVersion),
    requestMs: inMs("slipway_request_seconds", ofEndpoint),
    outcomes: found.by("slipway_requests_total", "outcome", ofEndpoint),
    rejected: found.by("slipway_rejected_total", "reason", ofVersion),
    expired: found.sum("slipway_expired_total", ofVersion),
    cancelled: found.sum("slipway_cancelled_total", ofVersion),
    rssBytes: last("process_resident_memory_bytes"),
  };
}
