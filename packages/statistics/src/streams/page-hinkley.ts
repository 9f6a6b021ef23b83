import type { ChangeDetector } from "./change.ts";

export interface PageHinkleyOptions {
  /** Values before the first verdict. */
  readonly least?: number;
  /** How far the mean may move unnoticed, in units of the values. */
  readonly delta?: number;
  /** λ: how large the summed deviation must be. */
  readonly threshold?: number;
  /** Factor by which the past is forgotten at each value. */
  readonly alpha?: number;
  readonly direction?: "both" | "up" | "down";
}

/** Page and Hinkley's test for a change of the mean (E. S. Page, 1954), as river 0.26's PageHinkley. Never warns. */
export function createPageHinkley({
  least = 30,
  delta = 0.005,
  threshold = 50,
  alpha = 1 - 0.0001,
  direction = "both",
}: PageHinkleyOptions = {}): ChangeDetector {
  const start = () => ({ n: 0, mean: 0, up: 0, down: 0, lowest: Number.POSITIVE_INFINITY, highest: -1 });
  let state = start();
  let drifted = false;
  return {
    update(value) {
      if (drifted) state = start();
      state.n++;
      state.mean += (value - state.mean) / state.n;
      const deviation = value - state.mean;
      state.up = alpha * state.up + deviation - delta;
      state.down = alpha * state.down + deviation + delta;
      state.lowest = Math.min(state.lowest, state.up);
      state.highest = Math.max(state.highest, state.down);
      const up = direction !== "down" && state.up - state.lowest > threshold;
      const down = direction !== "up" && state.highest - state.down > threshold;
      drifted = state.n >= least && (up || down);
      return drifted ? "drift" : "none";
    },
  };
}
