import { SlipwayError } from "@slipway/contract";
import type { Clock } from "../kernel/clock.ts";

export interface LoadLimit {
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** What is loaded, for the message. */
  readonly what: string;
  /** Aborted where the limit passes. */
  readonly giveUp: AbortController;
}

/**
 * The result of a load, or `too_slow` where it does not come in time. Native code in a thread cannot be interrupted: the load
 * goes on by itself then, and `abandon` gets what becomes of it.
 */
export async function withinLimit<T>(
  { clock, timeoutMs, what, giveUp }: LoadLimit,
  work: Promise<T>,
  abandon: (late: T) => unknown,
): Promise<T> {
  const done = new AbortController();
  const late = Symbol("late");
  try {
    const first = await Promise.race([work, clock.sleep(timeoutMs, done.signal).then(() => late)]);
    if (first !== late) return first as T;
  } finally {
    done.abort();
  }
  work.then(abandon, () => {});
  giveUp.abort();
  throw new SlipwayError(
    "too_slow",
    `${what} was not ready after ${timeoutMs / 1000} s: opening it, its first runs and its examples take too long, or its code never ends. Make it faster, give it fewer examples, or raise the server's load_timeout.`,
    { limit_ms: timeoutMs },
  );
}
