import type { Route } from "@slipway/runtime/log";
import { isCallersError } from "../../../kernel/is-callers-error.ts";
import { latencyBucket, latencyBuckets } from "../latency-buckets.ts";
import type { MinuteCounts } from "./messages.ts";

export interface MinuteRequest {
  readonly route: Route;
  /** Milliseconds. */
  readonly at: number;
  /** Predictions that were made. */
  readonly rows: number;
  readonly error: string | null;
  readonly isFallback: boolean;
  /** NaN: not known. */
  readonly latencyMs: number;
}

/** Counts by minute what was not told yet. */
export interface Minutes {
  add(request: MinuteRequest): void;
  take(): MinuteCounts[];
}

const minuteMs = 60_000;

export function createMinutes(): Minutes {
  let counts = new Map<Route, Map<number, MinuteCounts>>();
  let last: { readonly route: Route; readonly counts: MinuteCounts } | null = null;

  function find(route: Route, minute: number): MinuteCounts {
    if (last?.route === route && last.counts.minute === minute) return last.counts;
    let minutes = counts.get(route);
    if (minutes === undefined) counts.set(route, (minutes = new Map()));
    let found = minutes.get(minute);
    if (found === undefined) minutes.set(minute, (found = create(route, minute)));
    last = { route, counts: found };
    return found;
  }

  return {
    add({ route, at, rows, error, isFallback, latencyMs }) {
      const into = find(route, Math.floor(at / minuteMs) * minuteMs);
      into.requests++;
      into.rows += rows;
      if (isFallback) into.fallbacks++;
      if (error !== null)
        if (isCallersError(error)) into.refused++;
        else into.errors++;
      if (latencyMs !== latencyMs) return;
      const bucket = latencyBucket(latencyMs);
      into.latency[bucket] = (into.latency[bucket] as number) + 1;
    },
    take() {
      const all = [...counts.values()].flatMap((minutes) => [...minutes.values()]);
      counts = new Map();
      last = null;
      return all;
    },
  };
}

function create({ endpoint, model, version }: Route, minute: number): MinuteCounts {
  const of = model === null || version === null ? { model: "", version: 0 } : { model, version };
  const zeros = { requests: 0, rows: 0, errors: 0, refused: 0, fallbacks: 0 };
  return { endpoint, ...of, minute, ...zeros, latency: new Float64Array(latencyBuckets) };
}
