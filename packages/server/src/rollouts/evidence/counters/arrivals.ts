import { mergeBase64 } from "./bucket-set.ts";

/** Requests that came in one stretch of time. */
export interface Arrived {
  readonly requests: number;
  /** Those in which a unit decided: a `BucketSet` in base64. */
  readonly buckets: string | null;
}

/** By the time at which the stretch begins, milliseconds. Those that are surely over are one, the latest of them. */
export type Arrivals = Readonly<Record<string, Arrived>>;

export const slotMs = 15_000;
/**
 * A request is on record when it is over. What came so long ago is there, whichever arm it went to; what came later is there the sooner, the faster its arm answers, so that
 * their numbers say nothing of the shares. Three times what a request may take unless its endpoint says so.
 */
export const settledMs = 90_000;

export function addArrivals(a: Arrivals, b: Arrivals): Arrivals {
  const sums = new Map<number, Arrived>();
  const newest = Math.max(...[...Object.keys(a), ...Object.keys(b)].map(Number));
  // What a slot that has begun tells: those before it are over.
  const over = newest - settledMs - slotMs;
  const all = [...Object.entries(a), ...Object.entries(b)].map(([key, arrived]) => [Number(key), arrived] as const);
  const folded = Math.max(...all.map(([slot]) => slot).filter((slot) => slot <= over));
  for (const [slot, arrived] of all) {
    const into = slot <= over ? folded : slot;
    sums.set(into, addArrived(sums.get(into) ?? none, arrived));
  }
  return Object.fromEntries(sums);
}

/** All that came before a time. */
export function sumArrivals(arrivals: Arrivals, before: number): Arrived {
  const over = Object.entries(arrivals).filter(([slot]) => Number(slot) + slotMs <= before);
  return over.map(([, arrived]) => arrived).reduce(addArrived, none);
}

/** Before when the latest of them came; null: none did. */
export function lastArrival(arrivals: Arrivals): number | null {
  const slots = Object.keys(arrivals).map(Number);
  return slots.length === 0 ? null : Math.max(...slots) + slotMs;
}

const none: Arrived = { requests: 0, buckets: null };

function addArrived(a: Arrived, b: Arrived): Arrived {
  const buckets =
    a.buckets === null || b.buckets === null ? (a.buckets ?? b.buckets) : mergeBase64(a.buckets, b.buckets);
  return { requests: a.requests + b.requests, buckets };
}
