import type { QueueLimits } from "./shadow-queue.ts";

export interface ShadowLimits {
  readonly queue: QueueLimits;
  /** How long requests are gathered, so that many of them are one run. */
  readonly gatherMs: number;
  /** Of the event loop's time at once. */
  readonly sliceMs: number;
  /** In the queue, and again for its run. */
  readonly longestMs: number;
  /** Rows that are handed over at once. */
  readonly rowsAtOnce: number;
}

export const shadowLimits: ShadowLimits = {
  queue: { rows: 4096, bytes: 32 * 2 ** 20 },
  gatherMs: 50,
  sliceMs: 1,
  longestMs: 30_000,
  rowsAtOnce: 256,
};
