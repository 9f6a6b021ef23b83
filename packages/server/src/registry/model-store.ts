import type { Kysely } from "../platform/sql/index.ts";
import { decodeCursor, toPage } from "../kernel/page.ts";
import type { Page, PageQuery } from "../kernel/page.ts";
import type { RegisteredModel } from "./model.ts";
import type { ModelRow, RegistryTables } from "./rows.ts";

export function modelStore(db: Kysely<RegistryTables>) {
  /** A deleted name is given to a new model; what was said about the old one is forgotten. */
  async function reviveModel(
    name: string,
    { description, now }: { readonly description: string | null; readonly now: number },
  ): Promise<void> {
    const reborn = { description, created_at: now, updated_at: now, deleted_at: null };
    await db
      .updateTable("models")
      .set({ ...reborn, request: null, instance: null })
      .where("name", "=", name)
      .execute();
    await db.deleteFrom("model_tags").where("model", "=", name).execute();
  }

  return {
    /** Makes the model where there is none, and keeps others from changing it until the transaction ends. */
    async lockModel(name: string, now: number): Promise<void> {
      const { deleted_at } = await db
        .insertInto("models")
        .values({ name, description: null, last_version: 0, created_at: now, updated_at: now })
        .onConflict((conflict) => conflict.column("name").doUpdateSet({ name }))
        .returning("deleted_at")
        .executeTakeFirstOrThrow();
      if (deleted_at !== null) await reviveModel(name, { description: null, now });
    },

    async touchModel(name: string, now: number): Promise<void> {
      await db.updateTable("models").set({ updated_at: now }).where("name", "=", name).execute();
    },

    /** The same for a model that must be there; false where it is not. */
    async lockLivingModel(name: string): Promise<boolean> {
      const locked = await db
        .updateTable("models")
        .set({ name })
        .where("name", "=", name)
        .where("deleted_at", "is", null)
        .executeTakeFirst();
      return locked.numUpdatedRows > 0n;
    },

    async takeNumber(model: string): Promise<number> {
      const { last_version } = await db
        .updateTable("models")
        .set(({ eb }) => ({ last_version: eb("last_version", "+", 1) }))
        .where("name", "=", model)
        .returning("last_version")
        .executeTakeFirstOrThrow();
      return last_version;
    },

    async describeModel(
      name: string,
      { description, now }: { readonly description: string | null; readonly now: number },
    ): Promise<void> {
      await db.updateTable("models").set({ description, updated_at: now }).where("name", "=", name).execute();
    },

    async markModelDeleted(name: string, now: number): Promise<void> {
      await db.updateTable("models").set({ deleted_at: now }).where("name", "=", name).execute();
    },

    async findModel(name: string): Promise<RegisteredModel | null> {
      const rows = await db
        .selectFrom("models")
        .selectAll()
        .where("name", "=", name)
        .where("deleted_at", "is", null)
        .execute();
      return (await withVersions(db, rows))[0] ?? null;
    },

    /** In the order of the names. */
    async listModels({ limit, cursor }: PageQuery): Promise<Page<RegisteredModel>> {
      let query = db.selectFrom("models").selectAll().where("deleted_at", "is", null);
      if (cursor !== null) query = query.where("name", ">", String(decodeCursor(cursor, ["string"])[0]));
      const rows = await query
        .orderBy("name")
        .limit(limit + 1)
        .execute();
      return toPage(await withVersions(db, rows), limit, (model) => [model.name]);
    },

    async listNames(limit: number): Promise<readonly string[]> {
      const query = db.selectFrom("models").select("name").where("deleted_at", "is", null).orderBy("name").limit(limit);
      return (await query.execute()).map((row) => row.name);
    },
  };
}

async function withVersions(db: Kysely<RegistryTables>, rows: readonly ModelRow[]): Promise<RegisteredModel[]> {
  const names = rows.map((row) => row.name);
  if (names.length === 0) return [];
  const counts = await db
    .selectFrom("model_versions")
    .select(({ fn }) => ["model", fn.countAll<number>().as("versions"), fn.max("version").as("latest")])
    .where("model", "in", names)
    .where("deleted_at", "is", null)
    .groupBy("model")
    .execute();
  const aliases = await db.selectFrom("aliases").selectAll().where("model", "in", names).orderBy("alias").execute();
  const countOf = new Map(counts.map((count) => [count.model, count]));
  const aliasesOf = Map.groupBy(aliases, (alias) => alias.model);
  return rows.map((row) => ({
    name: row.name,
    description: row.description,
    createdAt: row.created_at,
    updatedAt: row.updated_at ?? row.created_at,
    versions: countOf.get(row.name)?.versions ?? 0,
    latest: countOf.get(row.name)?.latest ?? null,
    aliases: Object.fromEntries((aliasesOf.get(row.name) ?? []).map(({ alias, version }) => [alias, version])),
  }));
}
