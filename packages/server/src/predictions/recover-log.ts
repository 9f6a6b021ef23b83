import { recoverInstance } from "@slipway/runtime/log";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../kernel/clock.ts";
import type { Logger } from "../kernel/logger.ts";

export interface RecoverLogDeps {
  /** Of all instances. */
  readonly folder: string;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** Makes the log of a process that is no more whole again and closes it. One broken log stops nobody: it is told and left. */
export async function recoverLog({ folder, logger, clock }: RecoverLogDeps, instance: string): Promise<void> {
  const at = join(folder, instance);
  // It has written nothing.
  if (!existsSync(at)) return;
  try {
    const startedAt = clock.monotonic();
    const { recovered, cutBytes, keptAs } = await recoverInstance(at);
    const tookMs = Math.round(clock.monotonic() - startedAt);
    if (recovered)
      logger.info({ instance, cutBytes, tookMs }, "recovered the prediction log of a server that did not stop");
    if (keptAs !== null)
      logger.error({ file: keptAs }, "a log segment was damaged; what follows the damage was put aside");
  } catch (error) {
    logger.error({ instance, error }, "the prediction log of an earlier start could not be recovered");
  }
}
