import type { Kysely, Selectable } from "kysely";
import { appendAudit } from "../access/index.ts";
import { decodeCursor, toPage } from "../kernel/page.ts";
import type { Page, PageQuery } from "../kernel/page.ts";
import type { Alias, AliasEvent, RegisteredModel } from "./model.ts";
import type { ModelVersion } from "./model-version.ts";
import { fromAliasEventRow, fromAliasRow, fromVersionRow, toVersionRow } from "./rows.ts";
import type { ModelRow, RegistryTables } from "./rows.ts";

/** SQL of the registry on a database or inside a transaction. */
export function createRegistryStore(db: Kysely<RegistryTables>) {
  return { ...modelStore(db), ...versionStore(db), ...fileStore(db), ...aliasStore(db) };
}

export type RegistryStore = ReturnType<typeof createRegistryStore>;

function modelStore(db: Kysely<RegistryTables>) {
  return {
    /** Makes the model where there is none, and keeps others from changing it until the transaction ends. */
    async lockModel(name: string, now: number): Promise<void> {
      const { deleted_at } = await db
        .insertInto("models")
        .values({ name, description: null, last_version: 0, created_at: now, deleted_at: null })
        .onConflict((conflict) => conflict.column("name").doUpdateSet({ name }))
        .returning("deleted_at")
        .executeTakeFirstOrThrow();
      if (deleted_at === null) return;
      const reborn = { description: null, created_at: now, deleted_at: null };
      await db.updateTable("models").set(reborn).where("name", "=", name).execute();
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

    async describeModel(name: string, description: string | null): Promise<void> {
      await db.updateTable("models").set({ description }).where("name", "=", name).execute();
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

async function withVersions(
  db: Kysely<RegistryTables>,
  rows: readonly Selectable<ModelRow>[],
): Promise<RegisteredModel[]> {
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
    versions: countOf.get(row.name)?.versions ?? 0,
    latest: countOf.get(row.name)?.latest ?? null,
    aliases: Object.fromEntries((aliasesOf.get(row.name) ?? []).map(({ alias, version }) => [alias, version])),
  }));
}

function versionStore(db: Kysely<RegistryTables>) {
  const living = () => db.selectFrom("model_versions").selectAll().where("deleted_at", "is", null);
  return {
    async insertVersion(version: ModelVersion): Promise<void> {
      await db.insertInto("model_versions").values(toVersionRow(version)).execute();
      const blobs = [...new Set(version.files.map((file) => file.sha256))];
      if (blobs.length > 0)
        await db
          .insertInto("model_version_blobs")
          .values(blobs.map((sha256) => ({ sha256, version_id: version.id })))
          .execute();
      await appendAudit(db, {
        at: version.createdAt,
        actor: version.author,
        action: "version.create",
        subject: `${version.model}@${version.version}`,
        details: { digest: version.digest, message: version.message },
      });
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

    /** The newest living one of these bytes. */
    async findByDigest(model: string, digest: string): Promise<ModelVersion | null> {
      const row = await living()
        .where("model", "=", model)
        .where("digest", "=", digest)
        .orderBy("version", "desc")
        .limit(1)
        .executeTakeFirst();
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
      await db.updateTable("model_versions").set({ deleted_at: at }).where("id", "=", id).execute();
      await db.deleteFrom("model_version_blobs").where("version_id", "=", id).execute();
      const subject = `${model}@${version}`;
      await appendAudit(db, { at, actor: author, action: "version.delete", subject, details: { digest } });
    },
  };
}

/** Which files are needed, and which are gone. */
function fileStore(db: Kysely<RegistryTables>) {
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

function aliasStore(db: Kysely<RegistryTables>) {
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
