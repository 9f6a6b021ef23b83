import type { Kysely } from "../platform/sql/index.ts";
import { appendAudit } from "../access/index.ts";
import { decodeCursor, toPage } from "../kernel/page.ts";
import type { Page, PageQuery } from "../kernel/page.ts";
import type { ModelVersion } from "./model-version.ts";
import { fromVersionRow, toVersionRow } from "./rows.ts";
import type { RegistryTables } from "./rows.ts";

export function versionStore(db: Kysely<RegistryTables>) {
  const living = () => db.selectFrom("model_versions").selectAll().where("deleted_at", "is", null);

  return {
    async insertVersion(version: ModelVersion): Promise<void> {
      await db.insertInto("model_versions").values(toVersionRow(version)).execute();
      await needFiles(db, version);
      await appendAudit(db, {
        at: version.createdAt,
        actor: version.author,
        action: "version.create",
        subject: `${version.model}@${version.version}`,
        details: {
          digest: version.digest,
          message: version.message,
          ...(version.state === "registered" && { source: version.origin.source }),
        },
      });
    },

    /** What was registered has been looked at. */
    async markVerified(version: ModelVersion): Promise<void> {
      const { id, created_at: _, ...row } = toVersionRow(version);
      await db.updateTable("model_versions").set(row).where("id", "=", id).execute();
      await needFiles(db, version);
    },

    /** Deleted ones too. */
    async findVersion(model: string, version: number): Promise<ModelVersion | null> {
      const row = await db
        .selectFrom("model_versions")
        .selectAll()
        .where("model", "=", model)
        .where("version", "=", version)
        .executeTakeFirst();
      return row ? fromVersionRow(row) : null;
    },

    async findLatest(model: string): Promise<ModelVersion | null> {
      const row = await living().where("model", "=", model).orderBy("version", "desc").limit(1).executeTakeFirst();
      return row ? fromVersionRow(row) : null;
    },

    /** The newest living one of these bytes; where `source` is given, one that came from there. */
    async findByDigest(
      model: string,
      { digest, source }: { readonly digest: string; readonly source?: string | undefined },
    ): Promise<ModelVersion | null> {
      let query = living().where("model", "=", model).where("digest", "=", digest);
      if (source !== undefined) query = query.where("source", "=", source);
      const row = await query.orderBy("version", "desc").limit(1).executeTakeFirst();
      return row ? fromVersionRow(row) : null;
    },

    /** Newest first. */
    async listVersions(model: string, { limit, cursor }: PageQuery): Promise<Page<ModelVersion>> {
      let query = living().where("model", "=", model);
      if (cursor !== null) query = query.where("version", "<", Number(decodeCursor(cursor, ["number"])[0]));
      const rows = await query
        .orderBy("version", "desc")
        .limit(limit + 1)
        .execute();
      return toPage(rows.map(fromVersionRow), limit, (version) => [version.version]);
    },

    /** The numbers of the living ones, newest first. */
    async listNumbers(model: string, limit: number): Promise<readonly number[]> {
      const rows = await db
        .selectFrom("model_versions")
        .select("version")
        .where("model", "=", model)
        .where("deleted_at", "is", null)
        .orderBy("version", "desc")
        .limit(limit)
        .execute();
      return rows.map((row) => row.version);
    },

    async markVersionDeleted(
      { id, model, version, digest }: ModelVersion,
      { author, at }: { readonly author: string | null; readonly at: number },
    ): Promise<void> {
      await db.updateTable("model_versions").set({ deleted_at: at, updated_at: at }).where("id", "=", id).execute();
      await db.deleteFrom("model_version_blobs").where("version_id", "=", id).execute();
      const subject = `${model}@${version}`;
      await appendAudit(db, { at, actor: author, action: "version.delete", subject, details: { digest } });
    },
  };
}

async function needFiles(db: Kysely<RegistryTables>, { id, files }: ModelVersion): Promise<void> {
  const blobs = [...new Set(files.map((file) => file.sha256))];
  if (blobs.length === 0) return;
  const rows = blobs.map((sha256) => ({ sha256, version_id: id }));
  await db.insertInto("model_version_blobs").values(rows).execute();
}
