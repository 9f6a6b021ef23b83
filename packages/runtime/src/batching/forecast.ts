/**
 * When a request would be answered, and how far such forecasts have been off. The wait that the queue and the learned times of runs
 * make is stretched by what waits really were (other models take turns, the event loop is busy), and a margin covers all but
 * about one in a hundred of what was later than expected.
 */
export interface Forecast {
  /** What `baseMs` of foreseen waiting will really be. */
  stretch(baseMs: number): number;
  /** Milliseconds by which an answer may come later than expected. */
  readonly marginMs: number;
  /** What became of a request: the wait as it was foreseen before any stretching and as it was, and how late its answer came. */
  learn(outcome: {
    readonly baseMs: number;
    readonly waitMs: number;
    readonly lateMs: number;
    readonly runMs: number;
  }): void;
}

/** Shorter foreseen waits say nothing of the stretch: the loop's own turns are as long. */
const leastBaseMs = 2;
const quantile = 0.99;

export function createForecast(): Forecast {
  // The first requests may come in a burst, before anything could be learned: rather one too few let in than one too many.
  let factor = 1.2;
  let marginMs = 0;
  return {
    stretch: (baseMs) => baseMs * factor,
    get marginMs() {
      return marginMs;
    },
    learn({ baseMs, waitMs, lateMs, runMs }) {
      if (baseMs >= leastBaseMs) {
        const seen = Math.min(20, Math.max(0.5, waitMs / baseMs));
        factor += 0.05 * (seen - factor);
      }
      // Stochastic approximation of the quantile: a step up for each answer that was later still, small ones down for the others.
      const step = Math.max(0.1, 0.5 * runMs);
      marginMs = Math.max(0, marginMs + (lateMs > marginMs ? step * quantile : -step * (1 - quantile)));
    },
  };
}
