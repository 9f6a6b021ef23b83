/** When requests are to leave, in milliseconds from the beginning of the measured time; below 0 is the warm-up. Rising. */
export type Arrivals = Iterable<number>;

export interface RateArrivals {
  readonly perSecond: number;
  readonly warmUpMs: number;
  readonly durationMs: number;
  /** Times between requests: all alike, or exponential (a Poisson process); uniform. */
  readonly arrivals?: "uniform" | "poisson" | undefined;
  /** Of the Poisson times; 1. */
  readonly seed?: number | undefined;
}

export function* toRateArrivals({ perSecond, warmUpMs, durationMs, arrivals, seed }: RateArrivals): Generator<number> {
  const meanMs = 1_000 / perSecond;
  const random = createRandom(seed ?? 1);
  // Counted and not added up, so that a long run keeps its rate.
  if (arrivals !== "poisson") for (let i = 0, at = -warmUpMs; at < durationMs; at = -warmUpMs + ++i * meanMs) yield at;
  else for (let at = -warmUpMs; at < durationMs; at += -Math.log(1 - random()) * meanMs) yield at;
}

export interface TraceArrivals {
  /** Offsets of the recording, from 0, rising. */
  readonly offsetsMs: readonly number[];
  readonly warmUpMs: number;
  readonly durationMs: number;
}

/** A recording may be one burst, which has no rate. */
const mostAtWarmUp = 1_000;

/** A recording, after a warm-up at its own mean rate. */
export function* toTraceArrivals({ offsetsMs, warmUpMs, durationMs }: TraceArrivals): Generator<number> {
  const lengthMs = Math.max(1, offsetsMs.at(-1) ?? 0);
  const perSecond = Math.min(mostAtWarmUp, Math.max(0.1, ((offsetsMs.length - 1) * 1_000) / lengthMs));
  yield* toRateArrivals({ perSecond, warmUpMs, durationMs: 0 });
  for (const at of offsetsMs) {
    if (at >= durationMs) return;
    yield at;
  }
}

/** mulberry32: the same times for the same seed, so that two runs get the same load. */
function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
