/** Looks after how long the run at hand takes, where there is a limit. */
export interface RunWatch {
  /** A run has begun; undefined: it may take as long as it likes. */
  start(limitMs: number | undefined): void;
  /** Nothing runs. */
  idle(): void;
  stop(): void;
}

/** One timer, moved on with each run: one a run would cost more than the rest of it. */
export function createRunWatch(onLate: (limitMs: number) => void): RunWatch {
  let timer: NodeJS.Timeout | undefined;
  let ms: number | undefined;
  let running = false;

  function stop(): void {
    clearTimeout(timer);
    timer = undefined;
    running = false;
  }
  return {
    start(limitMs) {
      if (limitMs === undefined) return stop();
      running = true;
      if (timer !== undefined && ms === limitMs) return void timer.refresh();
      clearTimeout(timer);
      ms = limitMs;
      timer = setTimeout(() => running && onLate(limitMs), limitMs).unref();
    },
    idle: () => void (running = false),
    stop,
  };
}
