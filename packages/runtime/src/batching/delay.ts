/** The one timer of a batcher: set only while a request may wait for others. */
export interface Delay {
  /** Calls back in so many milliseconds, unless it is going to already. */
  start(ms: number): void;
  stop(): void;
}

export type After = (ms: number, task: () => void) => () => void;

export function createDelay(after: After | undefined, task: () => void): Delay {
  let cancel: (() => void) | null = null;
  return {
    start(ms) {
      cancel ??= (after ?? afterTimeout)(ms, () => {
        cancel = null;
        task();
      });
    },
    stop() {
      cancel?.();
      cancel = null;
    },
  };
}

function afterTimeout(ms: number, task: () => void): () => void {
  const timer = setTimeout(task, ms);
  return () => clearTimeout(timer);
}
