import type { Change, ChangeDetector } from "./change.ts";

export interface EddmOptions {
  /** Values, and errors, before the first verdict. */
  readonly least?: number;
  /** Share of the largest distance between errors below which it warns, and below which it is drift. */
  readonly warning?: number;
  readonly drift?: number;
}

/**
 * The Early Drift Detection Method for a stream of 1 (wrong) and 0: the distance between errors against the largest it has been
 * (M. Baena-García et al., 2006), as river 0.26's EDDM.
 * @throws RangeError where `warning` is below `drift`
 */
export function createEddm({ least = 30, warning = 0.95, drift = 0.9 }: EddmOptions = {}): ChangeDetector {
  if (warning < drift) throw new RangeError(`EDDM warns at ${warning}, which must not be below its drift at ${drift}.`);
  const start = () => ({ n: 0, lastError: 0, errors: 0, mean: 0, squares: 0, largest: -1 });
  let state = start();
  let last: Change = "none";
  return {
    update(value) {
      if (last === "drift") {
        state = start();
        last = "none";
      }
      state.n++;
      if (value !== 1) return last;
      state.errors++;
      const distance = state.n - state.lastError;
      const before = state.mean;
      state.mean += (distance - before) / state.errors;
      state.squares += (distance - before) * (distance - state.mean);
      state.lastError = state.n;
      if (state.n <= least) return last;
      const deviation = state.errors > 1 ? Math.sqrt(state.squares / (state.errors - 1)) : 0;
      const reach = state.mean + 2 * deviation;
      if (reach > state.largest) state.largest = reach;
      else if (state.errors > least) {
        const level = reach / state.largest;
        last = level < drift ? "drift" : level < warning ? "warning" : "none";
      }
      return last;
    },
  };
}
