import { addArrivals, type Arrivals } from "./arrivals.ts";
import { mergeBase64 } from "./bucket-set.ts";

/** What was counted of one arm while its share did not change. JSON-safe. */
export interface Counts {
  requests: number;
  /** Predictions that were made. */
  rows: number;
  /** Requests that failed for a reason on our side. */
  errors: number;
  /** Failed for a reason on the caller's side: they do not fit the signature, most of all. */
  refused: number;
  fallbacks: number;
  /** Requests by latency: see `latencyEdges` of the profiles. */
  latency: number[];
  /** By the name of the metric: requests since its budget is known, and how many of them took longer. */
  over: Record<string, { timed: number; over: number }>;
  /**
   * Where a unit decided: the buckets in which a request came (`requests`), failed (`errors`, a fallback's too), was refused (`refused`), was answered by the fallback
   * (`fallbacks`) or took longer than a budget (by its name). Each is a `BucketSet` in base64.
   */
  buckets: Record<string, string>;
  /** When the requests came. */
  arrived: Arrivals;
}

/** Whose counts these are. */
export interface CellKey {
  readonly rollout: string;
  readonly revision: number;
  readonly arm: string;
  /** What chose the arm. A shadow was chosen by nobody: it repeats a request. */
  readonly via: "bucket" | "rule" | "shadow";
  /** How probable the arm was, 0 to 1. */
  readonly propensity: number;
}

export interface Cell extends CellKey {
  readonly counts: Counts;
}

/** What is counted for a rollout; frozen when it begins, but for a budget that nobody could know then. JSON-safe. */
export interface Plan {
  readonly rollout: string;
  readonly endpoint: string;
  readonly model: string;
  readonly from: number;
  readonly to: number;
  /** By the name of the metric, milliseconds; null: not known yet. */
  readonly budgets: Readonly<Record<string, number | null>>;
}

export function createCounts(): Counts {
  return { requests: 0, rows: 0, errors: 0, refused: 0, fallbacks: 0, latency: [], over: {}, buckets: {}, arrived: {} };
}

export function addCounts(a: Counts, b: Counts): Counts {
  const over = { ...a.over };
  for (const [name, { timed, over: slow }] of Object.entries(b.over)) {
    const known = over[name];
    over[name] = known === undefined ? { timed, over: slow } : { timed: known.timed + timed, over: known.over + slow };
  }
  const buckets = { ...a.buckets };
  for (const [name, set] of Object.entries(b.buckets)) {
    const known = buckets[name];
    buckets[name] = known === undefined ? set : mergeBase64(known, set);
  }
  return {
    requests: a.requests + b.requests,
    rows: a.rows + b.rows,
    errors: a.errors + b.errors,
    refused: a.refused + b.refused,
    fallbacks: a.fallbacks + b.fallbacks,
    latency: Array.from(
      { length: Math.max(a.latency.length, b.latency.length) },
      (_, i) => (a.latency[i] ?? 0) + (b.latency[i] ?? 0),
    ),
    over,
    buckets,
    arrived: addArrivals(a.arrived, b.arrived),
  };
}
