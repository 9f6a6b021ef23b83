import { SlipwayError } from "@slipway/contract";
import { appendAudit, type AuditAction } from "../../access/index.ts";
import type { Clock } from "../../kernel/clock.ts";
import { createId } from "../../kernel/ids.ts";
import type { Page, PageQuery } from "../../kernel/page.ts";
import type { DestinationState, Outbox } from "../../platform/outbox/index.ts";
import type { Sealer } from "../../platform/secrets/index.ts";
import { isUniqueViolation, type Kysely, type Sql } from "../../platform/sql/index.ts";
import { checkChannel, type Channel, type ChannelOrder } from "./channel.ts";
import type { Notification } from "./notification.ts";
import { createSending, destinationOf, type ChannelTest } from "./sending.ts";
import { createChannelStore, type ChannelTables, type StoredChannel } from "./store.ts";

export interface ChannelState extends Channel {
  readonly deliveries: DestinationState;
}

export interface Channels {
  /** @throws SlipwayError `invalid_request`, `already_exists` */
  add(order: ChannelOrder, author: string | null): Promise<ChannelState>;
  /** By name. */
  list(query: PageQuery): Promise<Page<ChannelState>>;
  /** @throws SlipwayError `not_found` */
  get(name: string): Promise<ChannelState>;
  /** With what waits for it. @throws SlipwayError `not_found` */
  remove(name: string, author: string | null): Promise<void>;
  /** Sends an example once and now, whatever comes of it. @throws SlipwayError `not_found` */
  test(name: string): Promise<ChannelTest>;
  /**
   * Puts what is told in the outbox for whom it concerns, in the transaction of the incident; `wake` after the commit.
   * @param names of the endpoint's channels; null: all
   */
  // oxlint-disable-next-line typescript/no-explicit-any
  announce(trx: Kysely<any>, notification: Notification, names: readonly string[] | null): Promise<void>;
  wake(): void;
  /** Has the outbox ask here where its deliveries go. */
  serve(): void;
}

export interface ChannelDeps {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly outbox: Outbox;
  readonly sealer: Sealer;
  /** Receivers of private networks and without TLS are taken, too. */
  readonly allowPrivate: boolean;
}

export function createChannels({ sql, clock, outbox, sealer, allowPrivate }: ChannelDeps): Channels {
  const { db, tx } = sql.as<ChannelTables>();
  const store = createChannelStore(db);
  const sending = createSending({ store, clock, outbox, sealer, allowPrivate });

  async function require(name: string): Promise<StoredChannel> {
    const found = await store.findByName(name);
    if (found) return found;
    throw new SlipwayError("not_found", `There is no channel ${name}: "slipway channels list" shows those there are.`, {
      name,
    });
  }

  async function withState({ id, name, kind, address, settings, createdAt }: StoredChannel): Promise<ChannelState> {
    return { id, name, kind, address, settings, createdAt, deliveries: await outbox.state(destinationOf(id)) };
  }

  function audit({ id, name, kind, address }: Channel, action: AuditAction, actor: string | null) {
    return { at: clock.now(), actor, action, subject: name, details: { id, kind, address } };
  }

  async function add(order: ChannelOrder, author: string | null): Promise<ChannelState> {
    const { secrets, ...checked } = checkChannel(order, allowPrivate);
    const why = await outbox.refuse(new URL(secrets.url));
    if (why !== null) throw new SlipwayError("invalid_request", `The channel's address is refused: ${why}`);
    const id = createId();
    const sealed = sealer.seal(JSON.stringify(secrets), destinationOf(id));
    const channel: StoredChannel = { id, ...checked, createdAt: clock.now(), sealed };
    try {
      await tx(async (trx) => {
        await createChannelStore(trx).insert(channel);
        await appendAudit(trx, audit(channel, "channel.create", author));
      });
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      throw new SlipwayError(
        "already_exists",
        `There is a channel ${order.name} already: remove it, or take another name.`,
        {
          name: order.name,
        },
      );
    }
    return withState(channel);
  }

  return {
    add,
    async list(query) {
      const { items, next } = await store.list(query);
      return { items: await Promise.all(items.map(withState)), next };
    },
    get: async (name) => withState(await require(name)),
    async remove(name, author) {
      const channel = await require(name);
      await tx(async (trx) => {
        await createChannelStore(trx).delete(channel.id);
        await outbox.drop(trx, destinationOf(channel.id));
        await appendAudit(trx, audit(channel, "channel.delete", author));
      });
    },
    ...sending,
    test: async (name) => sending.test(await require(name)),
  };
}
