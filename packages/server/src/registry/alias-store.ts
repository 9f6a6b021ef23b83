import type { Kysely } from "../platform/sql/index.ts";
import { appendAudit } from "../access/index.ts";
import { decodeCursor, toPage } from "../kernel/page.ts";
import type { Page, PageQuery } from "../kernel/page.ts";
import type { Alias, AliasEvent } from "./model.ts";
import { fromAliasEventRow, fromAliasRow } from "./rows.ts";
import type { RegistryTables } from "./rows.ts";

export function aliasStore(db: Kysely<RegistryTables>) {
  return {
    async findAlias(model: string, alias: string): Promise<Alias | null> {
      const row = await db
        .selectFrom("aliases")
        .selectAll()
        .where("model", "=", model)
        .where("alias", "=", alias)
        .executeTakeFirst();
      return row ? fromAliasRow(row) : null;
    },

    async listAliases(model: string): Promise<readonly Alias[]> {
      const rows = await db.selectFrom("aliases").selectAll().where("model", "=", model).orderBy("alias").execute();
      return rows.map(fromAliasRow);
    },

    async putAlias(alias: Alias): Promise<void> {
      const moved = { version: alias.version, updated_at: alias.updatedAt, author: alias.author };
      await db
        .insertInto("aliases")
        .values({ model: alias.model, alias: alias.alias, ...moved })
        .onConflict((conflict) => conflict.columns(["model", "alias"]).doUpdateSet(moved))
        .execute();
    },

    async deleteAlias(model: string, alias: string): Promise<void> {
      await db.deleteFrom("aliases").where("model", "=", model).where("alias", "=", alias).execute();
    },

    async insertAliasEvent({ from, to, ...event }: AliasEvent): Promise<void> {
      await db
        .insertInto("alias_events")
        .values({ ...event, from_version: from, to_version: to })
        .execute();
      await appendAudit(db, {
        at: event.at,
        actor: event.author,
        action: to === null ? "alias.delete" : "alias.set",
        subject: `${event.model}@${event.alias}`,
        details: { from, to },
      });
    },

    /** Newest first. */
    async listAliasEvents(model: string, { limit, cursor }: PageQuery): Promise<Page<AliasEvent>> {
      let query = db.selectFrom("alias_events").selectAll().where("model", "=", model);
      if (cursor !== null) {
        const [at, id] = decodeCursor(cursor, ["number", "string"]);
        query = query.where(({ and, eb, or }) =>
          or([eb("at", "<", Number(at)), and([eb("at", "=", Number(at)), eb("id", "<", String(id))])]),
        );
      }
      const rows = await query
        .orderBy("at", "desc")
        .orderBy("id", "desc")
        .limit(limit + 1)
        .execute();
      return toPage(rows.map(fromAliasEventRow), limit, (event) => [event.at, event.id]);
    },
  };
}
