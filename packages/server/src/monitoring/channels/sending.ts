import type { Clock } from "../../kernel/clock.ts";
import { createId } from "../../kernel/ids.ts";
import type { Outbox } from "../../platform/outbox/index.ts";
import type { Sealer } from "../../platform/secrets/index.ts";
import type { Kysely } from "../../platform/sql/index.ts";
import { rankOf } from "../incidents/evidence.ts";
import type { Channel, ChannelSecrets } from "./channel.ts";
import { exampleNotification, type Notification } from "./notification.ts";
import { createChannelStore, type ChannelStore, type StoredChannel } from "./store.ts";
import { toCarried } from "./to-carried.ts";

export interface ChannelTest {
  readonly success: boolean;
  readonly status: number | null;
  /** The beginning of what was answered. */
  readonly body: string | null;
  readonly error: string | null;
}

/** What the deliveries of a channel stand under in the outbox, and its secrets in the seal. */
export const destinationOf = (id: string) => `channel:${id}`;

export interface SendingDeps {
  readonly store: ChannelStore;
  readonly clock: Clock;
  readonly outbox: Outbox;
  readonly sealer: Sealer;
  readonly allowPrivate: boolean;
}

/** From what is told to what the channels get. */
export function createSending({ store, clock, outbox, sealer, allowPrivate }: SendingDeps) {
  /** The channel's own form of what is told, with its secrets; made at each attempt. */
  function carried(channel: StoredChannel, notification: Notification, id: string) {
    const secrets = JSON.parse(sealer.open(channel.sealed, destinationOf(channel.id))) as ChannelSecrets;
    return toCarried({ channel, secrets, notification, allowPrivate }, { id, at: clock.now() });
  }

  return {
    async test(channel: StoredChannel): Promise<ChannelTest> {
      try {
        const example = exampleNotification(clock.now());
        const { status, body } = await outbox.send(carried(channel, example, createId()), "");
        return { success: status >= 200 && status < 300, status, body, error: null };
      } catch (error) {
        return { success: false, status: null, body: null, error: (error as Error).message };
      }
    },
    // oxlint-disable-next-line typescript/no-explicit-any
    async announce(trx: Kysely<any>, notification: Notification, names: readonly string[] | null): Promise<void> {
      for (const { id, name, settings } of await createChannelStore(trx).listAll())
        if ((names === null || names.includes(name)) && concerns(settings, notification))
          await outbox.add(trx, { destination: destinationOf(id), body: JSON.stringify(notification) });
    },
    wake: () => outbox.wake(),
    serve: () =>
      outbox.serve(destinationOf(""), async ({ destination, id, body }) => {
        const channel = await store.find(destination.slice(destinationOf("").length));
        return channel && carried(channel, JSON.parse(body) as Notification, id);
      }),
  };
}

/** What was told as critical is told as a warning, too, to whom only the former concerns. */
function concerns({ minSeverity, endpoints }: Channel["settings"], { incident }: Notification): boolean {
  const { severity, severityBefore, watched } = incident;
  if (endpoints !== null && !endpoints.includes(watched.endpoint)) return false;
  const worst = severityBefore === null ? rankOf(severity) : Math.max(rankOf(severity), rankOf(severityBefore));
  return worst >= rankOf(minSeverity);
}
