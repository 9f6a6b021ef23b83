import { accessMigrations } from "../../../access/index.ts";
import { systemClock } from "../../../kernel/clock.ts";
import { silentLogger } from "../../../kernel/logger.ts";
import { createOutbox, outboxMigrations } from "../../../platform/outbox/index.ts";
import { migrate } from "../../../platform/sql/index.ts";
import type { OpenStore } from "../../../platform/sql/testing/describe-stores.ts";
import { createChannels } from "../channels.ts";
import { channelMigrations } from "../migrations.ts";

export async function openChannels(open: OpenStore, allowPrivate = true) {
  const sql = await open();
  await migrate(sql, [...accessMigrations, ...outboxMigrations, ...channelMigrations]);
  const outbox = createOutbox({ sql, clock: systemClock, logger: silentLogger, allowPrivate });
  // What a key makes of a secret is tested where it is made.
  const turn = (text: string) => Buffer.from(text).toString("base64");
  const sealer = { seal: turn, open: (text: string) => Buffer.from(text, "base64").toString() };
  const channels = createChannels({ sql, clock: systemClock, outbox, sealer, allowPrivate });
  channels.serve();
  return { sql, outbox, channels };
}
