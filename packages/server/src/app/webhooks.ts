import { join } from "node:path";
import type { Config } from "../config/index.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Lifecycle } from "../kernel/lifecycle.ts";
import type { Logger } from "../kernel/logger.ts";
import { createOutbox } from "../platform/outbox/index.ts";
import { createSealer } from "../platform/secrets/index.ts";
import { createWebhooks, type Webhooks } from "../registry/index.ts";
import type { Storage } from "./storage.ts";

export interface WebhooksGiven {
  readonly config: Config;
  readonly storage: Storage;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly lifecycle: Lifecycle;
}

/** Who is told of changes of the registry; what the last process left undelivered is on its way when it returns. */
export async function openWebhooks({ config, storage, clock, logger, lifecycle }: WebhooksGiven): Promise<Webhooks> {
  const { sql, folder } = storage;
  const outbox = createOutbox({ sql, clock, logger, allowPrivate: config.webhookPrivate });
  const sealer = createSealer({ file: join(folder, "sealing.key"), passphrase: config.sealingKey });
  const webhooks = createWebhooks({ sql, clock, outbox, sealer, allowHttp: config.webhookPrivate });
  await webhooks.start();
  lifecycle.onStop("outbox", () => outbox.stop());
  return webhooks;
}
