import type { Kysely } from "../platform/sql/index.ts";
import type { RegistryTables } from "./rows.ts";

export function renameStore(db: Kysely<RegistryTables>) {
  return {
    /** All that a name has goes to another one, which nobody has; what was predicted under the old one finds it there. */
    async renameModel(name: string, { to, now }: { readonly to: string; readonly now: number }): Promise<void> {
      const old = await db.selectFrom("models").selectAll().where("name", "=", name).executeTakeFirstOrThrow();
      const taken = await db.selectFrom("models").select("last_version").where("name", "=", to).executeTakeFirst();
      const last_version = Math.max(old.last_version, taken?.last_version ?? 0);
      const moved = { ...old, name: to, updated_at: now, last_version };
      const { name: _, ...again } = { ...moved, deleted_at: null, renamed_to: null };
      await db
        .insertInto("models")
        .values(moved)
        .onConflict((conflict) => conflict.column("name").doUpdateSet(again))
        .execute();
      const aliases = await db.deleteFrom("aliases").where("model", "=", name).returningAll().execute();
      await db.updateTable("model_versions").set({ model: to, updated_at: now }).where("model", "=", name).execute();
      await db.updateTable("alias_events").set({ model: to }).where("model", "=", name).execute();
      const moving = aliases.map((alias) => ({ ...alias, model: to }));
      if (moving.length > 0) await db.insertInto("aliases").values(moving).execute();
      await db.deleteFrom("model_tags").where("model", "=", to).execute();
      await db.updateTable("model_tags").set({ model: to }).where("model", "=", name).execute();
      await db.updateTable("models").set({ deleted_at: now, renamed_to: to }).where("name", "=", name).execute();
    },

    /** Version numbers that both names have, deleted versions too. */
    async listCommonNumbers(name: string, other: string): Promise<readonly number[]> {
      const rows = await db
        .selectFrom("model_versions")
        .select("version")
        .where("model", "=", name)
        .where("version", "in", db.selectFrom("model_versions").select("version").where("model", "=", other))
        .limit(5)
        .execute();
      return rows.map((row) => row.version);
    },

    /** What the model is called now. */
    async findNewName(name: string): Promise<string | null> {
      const row = await db.selectFrom("models").select("renamed_to").where("name", "=", name).executeTakeFirst();
      return row?.renamed_to ?? null;
    },
  };
}
