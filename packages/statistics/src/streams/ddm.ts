import type { Change, ChangeDetector } from "./change.ts";

export interface DdmOptions {
  /** Values before the first verdict. */
  readonly least?: number;
  /** Standard deviations above the best error rate at which it warns, and at which it is drift. */
  readonly warning?: number;
  readonly drift?: number;
}

/**
 * The Drift Detection Method for a stream of 1 (the model was wrong) and 0 (J. Gama, P. Medas, G. Castillo, P. Rodrigues, 2004), as
 * river 0.26's DDM: the error rate against the best it has been.
 */
export function createDdm({ least = 30, warning = 2, drift = 3 }: DdmOptions = {}): ChangeDetector {
  let [n, rate, bestRate, bestDeviation] = [0, 0, 0, 0];
  let best = Number.POSITIVE_INFINITY;
  let last: Change = "none";
  return {
    update(value) {
      if (last === "drift") {
        [n, rate, best] = [0, 0, Number.POSITIVE_INFINITY];
        last = "none";
      }
      n++;
      rate += (value - rate) / n;
      const deviation = Math.sqrt((rate * (1 - rate)) / n);
      if (n <= least) return last;
      const level = rate + deviation;
      if (level <= best) [bestRate, bestDeviation, best] = [rate, deviation, level];
      last =
        level > bestRate + drift * bestDeviation
          ? "drift"
          : level > bestRate + warning * bestDeviation
            ? "warning"
            : "none";
      return last;
    },
  };
}
