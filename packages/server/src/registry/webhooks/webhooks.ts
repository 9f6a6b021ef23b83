import { SlipwayError } from "@slipway/contract";
import { appendAudit, type AuditAction } from "../../access/index.ts";
import type { Clock } from "../../kernel/clock.ts";
import { createId } from "../../kernel/ids.ts";
import type { Page, PageQuery } from "../../kernel/page.ts";
import type { DestinationState, Outbox } from "../../platform/outbox/index.ts";
import type { Sealer } from "../../platform/secrets/index.ts";
import type { Kysely, Sql } from "../../platform/sql/index.ts";
import { createDeliveries, destinationOf, type TestResult } from "./deliveries.ts";
import { toEventName, type WebhookEvent, type WebhookMessage } from "./event.ts";
import { createWebhookStore, type StoredWebhook, type WebhookTables } from "./store.ts";
import { checkOrder, type Webhook, type WebhookOrder } from "./webhook.ts";

export interface Webhooks {
  /** @throws SlipwayError `invalid_request` */
  create(order: WebhookOrder, author: string | null): Promise<Webhook>;
  /** @throws SlipwayError `not_found` */
  get(id: string): Promise<Webhook>;
  /** Newest first. */
  list(query: PageQuery): Promise<Page<Webhook>>;
  /** What is left out stays; an empty secret takes the secret away. @throws SlipwayError `not_found`, `invalid_request` */
  update(id: string, changes: Partial<WebhookOrder>, author: string | null): Promise<Webhook>;
  /** With what waits for it. @throws SlipwayError `not_found` */
  delete(id: string, author: string | null): Promise<void>;
  /** Sends an example of an event, by default of its first one, once and now. @throws SlipwayError `not_found` */
  test(id: string, event?: WebhookEvent): Promise<TestResult>;
  state(id: string): Promise<DestinationState>;
  /** Puts what happened in the outbox for whom it concerns, in the transaction of the change. */
  // oxlint-disable-next-line typescript/no-explicit-any
  announce(trx: Kysely<any>, messages: readonly WebhookMessage[]): Promise<void>;
  /** After the commit of what was announced. */
  wake(): void;
  /** Has the outbox ask here where its deliveries go. */
  serve(): void;
}

interface WebhookDeps {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly outbox: Outbox;
  readonly sealer: Sealer;
  /** Receivers without TLS are taken, too. */
  readonly allowHttp: boolean;
}

/** Without its secret, sealed or not. */
function shown({ id, name, url, events, description, status, createdAt, updatedAt }: StoredWebhook): Webhook {
  return { id, name, url, events, description, status, createdAt, updatedAt };
}

export function createWebhooks({ sql, clock, outbox, sealer, allowHttp }: WebhookDeps): Webhooks {
  const { db, tx } = sql.as<WebhookTables>();
  const store = createWebhookStore(db);
  const { require, seal, ...deliveries } = createDeliveries({ store, clock, outbox, sealer });

  /** The change and its line in the audit trail, which names no secret. */
  function write(webhook: Webhook, action: AuditAction, how: { author: string | null; change: Change }): Promise<void> {
    const events = webhook.events.map(toEventName);
    const details = { name: webhook.name, url: new URL(webhook.url).origin, events, status: webhook.status };
    return tx(async (trx) => {
      await how.change(trx);
      const at = action === "webhook.create" ? webhook.createdAt : clock.now();
      await appendAudit(trx, { at, actor: how.author, action, subject: webhook.id, details });
    });
  }

  async function check<T extends Partial<WebhookOrder>>(order: T): Promise<T> {
    const checked = checkOrder(order, allowHttp) as T;
    const why = checked.url === undefined ? null : await outbox.refuse(new URL(checked.url));
    if (why === null) return checked;
    throw new SlipwayError("invalid_request", `Webhook URL '${checked.url}' is refused: ${why}`);
  }

  return {
    async create(order, author) {
      const { name, url, events, description, secret, status = "ACTIVE" } = await check(order);
      const [id, at] = [createId(), clock.now()];
      const told = { name, url, events, description: description || null, status };
      const webhook = { id, ...told, createdAt: at, updatedAt: at, sealedSecret: seal(secret, id) };
      await write(webhook, "webhook.create", { author, change: (trx) => createWebhookStore(trx).insert(webhook) });
      return shown(webhook);
    },
    get: async (id) => shown(await require(id)),
    async list(query) {
      const { items, next } = await store.list(query);
      return { items: items.map(shown), next };
    },
    async update(id, changes, author) {
      const before = await require(id);
      const { secret, description = before.description, ...rest } = await check(changes);
      const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
      const sealedSecret = secret === undefined ? before.sealedSecret : seal(secret, id);
      const after = { ...before, ...given, description: description || null, sealedSecret, updatedAt: clock.now() };
      await write(after, "webhook.update", { author, change: (trx) => createWebhookStore(trx).update(after) });
      return shown(after);
    },
    async delete(id, author) {
      const webhook = await require(id);
      const change: Change = async (trx) => {
        await createWebhookStore(trx).delete(id);
        await outbox.drop(trx, destinationOf(id));
      };
      await write(webhook, "webhook.delete", { author, change });
    },
    ...deliveries,
  };
}

type Change = (trx: Kysely<WebhookTables>) => Promise<void>;
