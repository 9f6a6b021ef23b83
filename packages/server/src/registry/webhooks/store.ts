import { decodeCursor, toPage, type Page, type PageQuery } from "../../kernel/page.ts";
import type { Kysely } from "../../platform/sql/index.ts";
import type { WebhookEvent } from "./event.ts";
import type { Webhook, WebhookStatus } from "./webhook.ts";

interface WebhookRow {
  id: string;
  name: string;
  url: string;
  events: string;
  description: string | null;
  /** Sealed; null where deliveries are not signed. */
  secret: string | null;
  status: string;
  created_at: number;
  updated_at: number;
}

export interface WebhookTables {
  webhooks: WebhookRow;
}

export interface StoredWebhook extends Webhook {
  readonly sealedSecret: string | null;
}

export function createWebhookStore(db: Kysely<WebhookTables>) {
  return {
    async insert(webhook: StoredWebhook): Promise<void> {
      await db.insertInto("webhooks").values(toRow(webhook)).execute();
    },
    async update(webhook: StoredWebhook): Promise<void> {
      const { id, ...values } = toRow(webhook);
      await db.updateTable("webhooks").set(values).where("id", "=", id).execute();
    },
    async delete(id: string): Promise<void> {
      await db.deleteFrom("webhooks").where("id", "=", id).execute();
    },
    async find(id: string): Promise<StoredWebhook | null> {
      const row = await db.selectFrom("webhooks").selectAll().where("id", "=", id).executeTakeFirst();
      return row ? fromRow(row) : null;
    },
    /** Newest first. */
    async list({ limit, cursor }: PageQuery): Promise<Page<StoredWebhook>> {
      let query = db.selectFrom("webhooks").selectAll();
      if (cursor !== null) query = query.where("id", "<", String(decodeCursor(cursor, ["string"])[0]));
      const rows = await query
        .orderBy("id", "desc")
        .limit(limit + 1)
        .execute();
      return toPage(rows.map(fromRow), limit, ({ id }) => [id]);
    },
    async listActive(): Promise<readonly StoredWebhook[]> {
      const rows = await db.selectFrom("webhooks").selectAll().where("status", "=", "ACTIVE").orderBy("id").execute();
      return rows.map(fromRow);
    },
  };
}

export type WebhookStore = ReturnType<typeof createWebhookStore>;

function toRow(webhook: StoredWebhook): WebhookRow {
  return {
    id: webhook.id,
    name: webhook.name,
    url: webhook.url,
    events: JSON.stringify(webhook.events),
    description: webhook.description,
    secret: webhook.sealedSecret,
    status: webhook.status,
    created_at: webhook.createdAt,
    updated_at: webhook.updatedAt,
  };
}

function fromRow(row: WebhookRow): StoredWebhook {
  return {
    id: row.id,
    name: row.name,
    url: row.url,
    events: JSON.parse(row.events) as WebhookEvent[],
    description: row.description,
    status: row.status as WebhookStatus,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    sealedSecret: row.secret,
  };
}
