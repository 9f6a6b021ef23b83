import type { Config } from "../config/index.ts";
import type { Clock } from "../kernel/clock.ts";
import { createWebhooks, type Webhooks } from "../registry/index.ts";
import type { OpenOutbox } from "./outbox.ts";
import type { Storage } from "./storage.ts";

export interface WebhooksGiven extends OpenOutbox {
  readonly config: Config;
  readonly storage: Storage;
  readonly clock: Clock;
}

/** Who is told of changes of the registry. */
export function openWebhooks({ config, storage, ...deps }: WebhooksGiven): Webhooks {
  const webhooks = createWebhooks({ ...deps, sql: storage.sql, allowHttp: config.webhookPrivate });
  webhooks.serve();
  return webhooks;
}
