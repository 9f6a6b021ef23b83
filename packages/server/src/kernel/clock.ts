/** The only clock of the server; tests pass a fake one. */
export interface Clock {
  /** Wall clock, integer milliseconds since 1970. */
  now(): number;
  /** Monotonic milliseconds with fractions, from an arbitrary start. */
  monotonic(): number;
  /** Resolves after `ms`, 24 days at most, or at once where the signal is aborted. Never keeps the process alive. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls `task` once after `ms`, unless the returned function is called before. Never keeps the process alive. */
  after(ms: number, task: () => void): () => void;
  /** Calls `task` every `ms` until the returned function is called. Never keeps the process alive. */
  every(ms: number, task: () => void): () => void;
}

/** Node fires a timer that is set for longer at once. */
const longestTimerMs = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const timer = setTimeout(done, Math.min(ms, longestTimerMs)).unref();
      function done() {
        clearTimeout(timer);
        signal?.removeEventListener("abort", done);
        resolve();
      }
      signal?.addEventListener("abort", done, { once: true });
    }),
  after: (ms, task) => {
    const timer = setTimeout(task, Math.min(ms, longestTimerMs)).unref();
    return () => clearTimeout(timer);
  },
  every: (ms, task) => {
    const timer = setInterval(task, ms).unref();
    return () => clearInterval(timer);
  },
};
