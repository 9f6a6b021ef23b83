/** How much of the event loop's time work may take that nobody waits for. */
export interface LoopBudget {
  /** Whether any of it is left. `now`: monotonic milliseconds. */
  has(now: number): boolean;
  spend(ms: number): void;
}

/** A bucket of milliseconds that fills at `share` of the time up to `mostMs`. It may be overdrawn by one piece of work. */
export function createLoopBudget({ share, mostMs }: { readonly share: number; readonly mostMs: number }): LoopBudget {
  let left = mostMs;
  let filledAt = Number.NaN;
  return {
    has(now) {
      if (filledAt === filledAt) left = Math.min(mostMs, left + Math.max(0, now - filledAt) * share);
      filledAt = now;
      return left > 0;
    },
    spend(ms) {
      left -= ms;
    },
  };
}
