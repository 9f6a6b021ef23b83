import type { Kysely } from "../platform/sql/index.ts";
import type { ModelVersion } from "./model-version.ts";
import { fromVersionRow } from "./rows.ts";
import type { RegistryTables } from "./rows.ts";

/** Which files are needed, and which are gone. */
export function fileStore(db: Kysely<RegistryTables>) {
  return {
    async isReferenced(sha256: string): Promise<boolean> {
      const row = await db
        .selectFrom("model_version_blobs")
        .select("version_id")
        .where("sha256", "=", sha256)
        .limit(1)
        .executeTakeFirst();
      return row !== undefined;
    },

    async listReferenced(): Promise<readonly string[]> {
      const rows = await db.selectFrom("model_version_blobs").select("sha256").distinct().execute();
      return rows.map((row) => row.sha256);
    },

    async listOrigins() {
      return db
        .selectFrom("model_versions")
        .select(["run_id", "logged_model_id", "storage_location"])
        .distinct()
        .where("deleted_at", "is", null)
        .where("storage_location", "is not", null)
        .execute();
    },

    /** Milliseconds; null where the version's files are there, as far as is known. */
    async findCollectedAt(versionId: string): Promise<number | null> {
      const row = await db
        .selectFrom("collected_versions")
        .select("at")
        .where("version_id", "=", versionId)
        .executeTakeFirst();
      return row?.at ?? null;
    },

    /** Living versions that something else than ONNX alone runs. */
    async listPrograms(): Promise<readonly ModelVersion[]> {
      const rows = await db
        .selectFrom("model_versions")
        .selectAll()
        .where("deleted_at", "is", null)
        .where("program", "is not", null)
        .execute();
      return rows.map(fromVersionRow);
    },

    /** Deleted ones that are not marked as collected. */
    async listDeleted(): Promise<readonly ModelVersion[]> {
      const rows = await db
        .selectFrom("model_versions")
        .leftJoin("collected_versions", "collected_versions.version_id", "model_versions.id")
        .selectAll("model_versions")
        .where("model_versions.deleted_at", "is not", null)
        .where("collected_versions.version_id", "is", null)
        .execute();
      return rows.map(fromVersionRow);
    },

    async markCollected(versionIds: readonly string[], at: number): Promise<void> {
      const rows = versionIds.map((version_id) => ({ version_id, at }));
      await db
        .insertInto("collected_versions")
        .values(rows)
        .onConflict((conflict) => conflict.column("version_id").doNothing())
        .execute();
    },
  };
}
