import type { Kysely } from "../platform/sql/index.ts";
import type { KeyValue } from "../tracking/index.ts";
import type { ModelVersion, Stage } from "./model-version.ts";
import { fromVersionRow } from "./rows.ts";
import type { RegistryTables } from "./rows.ts";

/** What is said about models and versions: tags, descriptions, stages. */
export function markStore(db: Kysely<RegistryTables>) {
  return { ...tagStore(db), ...stageStore(db) };
}

function tagStore(db: Kysely<RegistryTables>) {
  return {
    async putModelTag(model: string, { key, value }: KeyValue): Promise<void> {
      await db
        .insertInto("model_tags")
        .values({ model, key, value })
        .onConflict((conflict) => conflict.columns(["model", "key"]).doUpdateSet({ value }))
        .execute();
    },

    async deleteModelTag(model: string, key: string): Promise<void> {
      await db.deleteFrom("model_tags").where("model", "=", model).where("key", "=", key).execute();
    },

    async listModelTags(model: string): Promise<readonly KeyValue[]> {
      return db.selectFrom("model_tags").select(["key", "value"]).where("model", "=", model).orderBy("key").execute();
    },

    async putVersionTag({ id: version_id }: ModelVersion, { key, value }: KeyValue): Promise<void> {
      await db
        .insertInto("model_version_tags")
        .values({ version_id, key, value })
        .onConflict((conflict) => conflict.columns(["version_id", "key"]).doUpdateSet({ value }))
        .execute();
    },

    async deleteVersionTag({ id }: ModelVersion, key: string): Promise<void> {
      await db.deleteFrom("model_version_tags").where("version_id", "=", id).where("key", "=", key).execute();
    },

    async listVersionTags({ id }: ModelVersion): Promise<readonly KeyValue[]> {
      const tags = db.selectFrom("model_version_tags").select(["key", "value"]).where("version_id", "=", id);
      return tags.orderBy("key").execute();
    },
  };
}

function stageStore(db: Kysely<RegistryTables>) {
  const living = () => db.selectFrom("model_versions").selectAll().where("deleted_at", "is", null);
  return {
    async describeVersion(
      { id }: ModelVersion,
      { description, now }: { readonly description: string | null; readonly now: number },
    ): Promise<void> {
      await db.updateTable("model_versions").set({ description, updated_at: now }).where("id", "=", id).execute();
    },

    async moveStage(
      { id }: Pick<ModelVersion, "id">,
      { stage, now }: { readonly stage: Stage; readonly now: number },
    ): Promise<void> {
      await db.updateTable("model_versions").set({ stage, updated_at: now }).where("id", "=", id).execute();
    },

    async listInStage(model: string, stage: Stage): Promise<readonly ModelVersion[]> {
      const rows = await living().where("model", "=", model).where("stage", "=", stage).orderBy("version").execute();
      return rows.map(fromVersionRow);
    },

    async findLatestInStage(model: string, stage: Stage): Promise<ModelVersion | null> {
      const row = await living()
        .where("model", "=", model)
        .where("stage", "=", stage)
        .orderBy("version", "desc")
        .limit(1)
        .executeTakeFirst();
      return row ? fromVersionRow(row) : null;
    },
  };
}
