import { decodeCursor, toPage, type Page, type PageQuery } from "../../kernel/page.ts";
import type { Kysely } from "../../platform/sql/index.ts";
import type { Channel, ChannelKind, ChannelSettings } from "./channel.ts";

interface ChannelRow {
  id: string;
  name: string;
  kind: string;
  address: string;
  settings: string;
  /** The secrets as JSON, sealed. */
  sealed: string;
  created_at: number;
}

export interface ChannelTables {
  monitor_channels: ChannelRow;
}

export interface StoredChannel extends Channel {
  readonly sealed: string;
}

export function createChannelStore(db: Kysely<ChannelTables>) {
  return {
    async insert({ createdAt, settings, ...channel }: StoredChannel): Promise<void> {
      const row: ChannelRow = { ...channel, settings: JSON.stringify(settings), created_at: createdAt };
      await db.insertInto("monitor_channels").values(row).execute();
    },
    async delete(id: string): Promise<void> {
      await db.deleteFrom("monitor_channels").where("id", "=", id).execute();
    },
    async find(id: string): Promise<StoredChannel | null> {
      const row = await db.selectFrom("monitor_channels").selectAll().where("id", "=", id).executeTakeFirst();
      return row ? fromRow(row) : null;
    },
    async findByName(name: string): Promise<StoredChannel | null> {
      const row = await db.selectFrom("monitor_channels").selectAll().where("name", "=", name).executeTakeFirst();
      return row ? fromRow(row) : null;
    },
    /** By name. */
    async list({ limit, cursor }: PageQuery): Promise<Page<StoredChannel>> {
      let query = db.selectFrom("monitor_channels").selectAll();
      if (cursor !== null) query = query.where("name", ">", String(decodeCursor(cursor, ["string"])[0]));
      const rows = await query
        .orderBy("name")
        .limit(limit + 1)
        .execute();
      return toPage(rows.map(fromRow), limit, ({ name }) => [name]);
    },
    async listAll(): Promise<readonly StoredChannel[]> {
      const rows = await db.selectFrom("monitor_channels").selectAll().orderBy("name").execute();
      return rows.map(fromRow);
    },
  };
}

export type ChannelStore = ReturnType<typeof createChannelStore>;

function fromRow({ created_at, settings, kind, ...row }: ChannelRow): StoredChannel {
  return {
    ...row,
    kind: kind as ChannelKind,
    settings: JSON.parse(settings) as ChannelSettings,
    createdAt: created_at,
  };
}
