import { join } from "node:path";
import type { Config } from "../config/index.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Lifecycle } from "../kernel/lifecycle.ts";
import type { Logger } from "../kernel/logger.ts";
import { createOutbox, type Outbox } from "../platform/outbox/index.ts";
import { createSealer, type Sealer } from "../platform/secrets/index.ts";
import type { Storage } from "./storage.ts";

export interface OutboxGiven {
  readonly config: Config;
  readonly storage: Storage;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly lifecycle: Lifecycle;
}

export interface OpenOutbox {
  readonly outbox: Outbox;
  readonly sealer: Sealer;
}

/** What everybody is told through who is told something; what the last process left waits for whoever serves it. */
export async function openOutbox({ config, storage, clock, logger, lifecycle }: OutboxGiven): Promise<OpenOutbox> {
  const { sql, folder } = storage;
  const outbox = createOutbox({ sql, clock, logger, allowPrivate: config.webhookPrivate });
  const sealer = createSealer({ file: join(folder, "sealing.key"), passphrase: config.sealingKey });
  await outbox.start();
  lifecycle.onStop("outbox", () => outbox.stop());
  return { outbox, sealer };
}
