import type { Clock } from "../../kernel/clock.ts";
import type { Logger } from "../../kernel/logger.ts";
import type { HttpWorker } from "./start-http-worker.ts";

export interface Keeping {
  readonly bring: (number: number) => Promise<HttpWorker>;
  readonly isStopping: () => boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Who lived for so long was sound, whatever ended it. */
const soundMs = 60_000;
const firstPauseMs = 500;
const longestPauseMs = 30_000;

/** Puts another process in the place of one that ended: at once where it was sound, later and later where none lives long. */
export async function keepUp(
  { bring, isStopping, clock, logger }: Keeping,
  number: number,
  first: HttpWorker | null,
): Promise<void> {
  let worker = first;
  let failures = 0;
  while (!isStopping()) {
    const begun = clock.monotonic();
    await worker?.gone;
    failures = worker && clock.monotonic() - begun > soundMs ? 0 : failures + 1;
    if (failures > 1) await clock.sleep(Math.min(longestPauseMs, firstPauseMs * 2 ** (failures - 2)));
    if (isStopping()) return;
    worker = await bring(number).catch((error: unknown) => {
      if (!isStopping()) logger.error({ error, worker: number }, "a worker process did not start; it is tried again");
      return null;
    });
  }
}
