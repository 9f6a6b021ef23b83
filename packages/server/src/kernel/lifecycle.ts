import type { Clock } from "./clock.ts";
import type { Logger } from "./logger.ts";

/** Stops what was started, last first, each step within its own bound; one step that fails or hangs never keeps the rest from stopping. */
export interface Lifecycle {
  onStop(name: string, stop: () => Promise<void> | void, timeoutMs?: number): void;
  stop(): Promise<void>;
}

export function createLifecycle(clock: Clock, logger: Logger): Lifecycle {
  const steps: { name: string; stop: () => Promise<void> | void; timeoutMs: number }[] = [];
  let stopping: Promise<void> | null = null;
  async function run() {
    for (const step of steps.toReversed()) {
      const done = new AbortController();
      const late = clock.sleep(step.timeoutMs, done.signal).then(() => {
        if (!done.signal.aborted)
          logger.warn({ step: step.name, timeoutMs: step.timeoutMs }, "a step of the shutdown took too long");
      });
      const stopped = (async () => step.stop())().catch((error: unknown) =>
        logger.error({ step: step.name, error }, "a step of the shutdown failed"),
      );
      await Promise.race([stopped, late]);
      done.abort();
    }
  }
  return {
    onStop: (name, stop, timeoutMs = 5_000) => void steps.push({ name, stop, timeoutMs }),
    stop: () => (stopping ??= run()),
  };
}
