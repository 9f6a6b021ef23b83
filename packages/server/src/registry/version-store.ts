import type { Kysely } from "kysely";
import { appendAudit } from "../access/index.ts";
import { decodeCursor, toPage } from "../kernel/page.ts";
import type { Page, PageQuery } from "../kernel/page.ts";
import type { KeyValue, RequestMark } from "../tracking/index.ts";
import type { ModelVersion, Stage } from "./model-version.ts";
import { fromVersionRow, toVersionRow } from "./rows.ts";
import type { RegistryTables } from "./rows.ts";

export interface RequestedVersion {
  readonly version: ModelVersion;
  /** The start of the server that answered it. */
  readonly instance: string | null;
}

export function versionStore(db: Kysely<RegistryTables>) {
  const living = () => db.selectFrom("model_versions").selectAll().where("deleted_at", "is", null);

  async function needFiles({ id, files }: ModelVersion): Promise<void> {
    const blobs = [...new Set(files.map((file) => file.sha256))];
    if (blobs.length === 0) return;
    const rows = blobs.map((sha256) => ({ sha256, version_id: id }));
    await db.insertInto("model_version_blobs").values(rows).execute();
  }

  return {
    async insertVersion(version: ModelVersion): Promise<void> {
      await db.insertInto("model_versions").values(toVersionRow(version)).execute();
      await needFiles(version);
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
      await needFiles(version);
    },

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

    /** The newest that this request made and that lives. */
    async findByRequest(model: string, { request, since }: RequestMark): Promise<RequestedVersion | null> {
      const row = await living()
        .where("model", "=", model)
        .where("request", "=", request)
        .where("created_at", ">=", since)
        .orderBy("version", "desc")
        .limit(1)
        .executeTakeFirst();
      return row ? { version: fromVersionRow(row), instance: row.instance } : null;
    },

    async markVersionRequest(
      { id }: ModelVersion,
      { request, instance }: Pick<RequestMark, "request" | "instance">,
    ): Promise<void> {
      await db.updateTable("model_versions").set({ request, instance }).where("id", "=", id).execute();
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
