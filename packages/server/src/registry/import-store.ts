import type { Kysely } from "../platform/sql/index.ts";
import type { ModelVersion } from "./model-version.ts";
import { toVersionRow } from "./rows.ts";
import type { RegistryTables } from "./rows.ts";

/** What keeps the numbers and the times of another server. */
export function importStore(db: Kysely<RegistryTables>) {
  return {
    async putImportedModel(
      name: string,
      model: { readonly description: string | null; readonly createdAt: number; readonly updatedAt: number },
    ): Promise<void> {
      const { description, createdAt: created_at, updatedAt: updated_at } = model;
      await db.updateTable("models").set({ description, created_at, updated_at }).where("name", "=", name).execute();
    },

    /** Numbers up to there are taken. */
    async raiseLastVersion(name: string, last: number): Promise<void> {
      await db
        .updateTable("models")
        .set({ last_version: last })
        .where("name", "=", name)
        .where("last_version", "<", last)
        .execute();
    },

    async insertImportedVersion(version: ModelVersion): Promise<void> {
      await db.insertInto("model_versions").values(toVersionRow(version)).execute();
    },

    async putImportedVersion({ id, description, stage, updatedAt }: ModelVersion): Promise<void> {
      const said = { description, stage, updated_at: updatedAt };
      await db.updateTable("model_versions").set(said).where("id", "=", id).execute();
    },
  };
}
