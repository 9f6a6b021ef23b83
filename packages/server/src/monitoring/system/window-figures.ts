import { latencyEdges } from "../profiles/index.ts";
import type { Watched, Window } from "../watched.ts";
import type { ReadMinutes } from "./recent-minutes.ts";

/** Traffic of one version in one window. */
export interface WindowFigures {
  readonly requests: number;
  readonly rows: number;
  readonly errors: number;
  /** For what the caller sent. */
  readonly refused: number;
  readonly fallbacks: number;
  /** Milliseconds, upper edge of the bucket; null without traffic. */
  readonly p95: number | null;
}

const mostKept = 5_000;
/** Rows of one read, so that none keeps the event loop. */
const chunkMs = 6 * 3_600_000;

/** Reads minutes and remembers what they come to: a window is held against many, and each of these is held against again. */
export function createWindowFigures(read: ReadMinutes) {
  const known = new Map<string, WindowFigures>();

  return async (watched: Watched, window: Window, { anew = false } = {}): Promise<WindowFigures> => {
    const key = JSON.stringify([watched.endpoint, watched.model, watched.version, window.from, window.to]);
    const found = anew ? undefined : known.get(key);
    if (found) return found;
    const figures = await readFigures(read, watched, window);
    if (known.size >= mostKept) known.delete(known.keys().next().value!);
    known.delete(key);
    known.set(key, figures);
    return figures;
  };
}

async function readFigures(
  read: ReadMinutes,
  { endpoint, model, version }: Watched,
  { from, to }: Window,
): Promise<WindowFigures> {
  const sum = { requests: 0, rows: 0, errors: 0, refused: 0, fallbacks: 0 };
  const buckets: number[] = [];
  for (let at = from; at < to; at += chunkMs)
    for (const minute of await read({ endpoint, model, version, from: at, to: Math.min(to, at + chunkMs) })) {
      for (const name of ["requests", "rows", "errors", "refused", "fallbacks"] as const) sum[name] += minute[name];
      for (const [i, count] of minute.latency.entries()) buckets[i] = (buckets[i] ?? 0) + count;
    }
  return { ...sum, p95: quantileOf(buckets, 0.95) };
}

function quantileOf(buckets: readonly number[], q: number): number | null {
  const total = buckets.reduce((all, count) => all + count, 0);
  if (total === 0) return null;
  let seen = 0;
  const bucket = buckets.findIndex((count) => (seen += count) >= q * total);
  return latencyEdges[bucket] ?? latencyEdges.at(-1)!;
}
