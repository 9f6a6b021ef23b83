import { raw, type Migration } from "../platform/sql/index.ts";

export const registryMigrations: readonly Migration[] = [
  {
    id: "registry-0001",
    async up(db) {
      await db.schema
        .createTable("models")
        .addColumn("name", "text", (column) => column.primaryKey().notNull())
        .addColumn("description", "text")
        .addColumn("last_version", "bigint", (column) => column.notNull())
        .addColumn("created_at", "bigint", (column) => column.notNull())
        .addColumn("deleted_at", "bigint")
        .execute();
      await db.schema
        .createTable("model_versions")
        .addColumn("id", "text", (column) => column.primaryKey().notNull())
        .addColumn("model", "text", (column) => column.notNull().references("models.name"))
        .addColumn("version", "bigint", (column) => column.notNull())
        .addColumn("state", "text", (column) => column.notNull())
        .addColumn("digest", "text", (column) => column.notNull())
        .addColumn("flavor", "text", (column) => column.notNull())
        .addColumn("platform", "text", (column) => column.notNull())
        .addColumn("signature", "text", (column) => column.notNull())
        .addColumn("files", "text", (column) => column.notNull())
        .addColumn("entry", "text", (column) => column.notNull())
        .addColumn("model_section", "text")
        .addColumn("placement", "text", (column) => column.notNull())
        .addColumn("report", "text")
        .addColumn("owner", "text")
        .addColumn("message", "text")
        .addColumn("author", "text")
        .addColumn("created_at", "bigint", (column) => column.notNull())
        .addColumn("deleted_at", "bigint")
        .addUniqueConstraint("model_versions_number", ["model", "version"])
        .execute();
      await db.schema
        .createIndex("model_versions_by_digest")
        .on("model_versions")
        .columns(["model", "digest"])
        .execute();
      // Which blobs living versions need; the rows of a deleted version are gone.
      await db.schema
        .createTable("model_version_blobs")
        .addColumn("sha256", "text", (column) => column.notNull())
        .addColumn("version_id", "text", (column) => column.notNull().references("model_versions.id"))
        .addPrimaryKeyConstraint("model_version_blobs_key", ["sha256", "version_id"])
        .execute();
      await db.schema
        .createTable("aliases")
        .addColumn("model", "text", (column) => column.notNull())
        .addColumn("alias", "text", (column) => column.notNull())
        .addColumn("version", "bigint", (column) => column.notNull())
        .addColumn("updated_at", "bigint", (column) => column.notNull())
        .addColumn("author", "text")
        .addPrimaryKeyConstraint("aliases_key", ["model", "alias"])
        .addForeignKeyConstraint("aliases_version", ["model", "version"], "model_versions", ["model", "version"])
        .execute();
      await db.schema
        .createTable("alias_events")
        .addColumn("id", "text", (column) => column.primaryKey().notNull())
        .addColumn("model", "text", (column) => column.notNull())
        .addColumn("alias", "text", (column) => column.notNull())
        .addColumn("from_version", "bigint")
        .addColumn("to_version", "bigint")
        .addColumn("author", "text")
        .addColumn("at", "bigint", (column) => column.notNull())
        .execute();
      await db.schema.createIndex("alias_events_by_model").on("alias_events").columns(["model", "at", "id"]).execute();
    },
  },
  {
    id: "registry-0002",
    async up(db) {
      // Deleted versions whose files were taken away: their predictions cannot be run again.
      await db.schema
        .createTable("collected_versions")
        .addColumn("version_id", "text", (column) => column.primaryKey().notNull().references("model_versions.id"))
        .addColumn("at", "bigint", (column) => column.notNull())
        .execute();
    },
  },
  {
    id: "registry-0003",
    async up(db) {
      // How the files are run; null for those that were ONNX files before anything else could be.
      await db.schema.alterTable("model_versions").addColumn("program", "text").execute();
    },
  },
  {
    id: "registry-0004",
    async up(db) {
      for (const statement of [...modelColumns, ...versionColumns, ...lookUps]) await raw.raw(statement).execute(db);
    },
  },
];

/**
 * What MLflow's registry knows of a model. `renamed_to`: the name lives on for what was predicted under it. `request` and
 * `instance` tell a request that comes again from a new one.
 */
const modelColumns = [
  ...["updated_at bigint", "renamed_to text", "request text", "instance text"].map(
    (column) => `alter table models add column ${column}`,
  ),
  "update models set updated_at = created_at",
  `create table model_tags (
    model text not null references models (name), key text not null, value text not null, primary key (model, key))`,
];

/** A version that was made of uploaded files has no source but itself: null. */
const versionColumns = [
  ...[
    "source text",
    "storage_location text",
    "run_id text not null default ''",
    "run_link text not null default ''",
    "logged_model_id text not null default ''",
    "description text",
    "stage text not null default 'None'",
    "updated_at bigint",
    "request text",
    "instance text",
  ].map((column) => `alter table model_versions add column ${column}`),
  "update model_versions set updated_at = created_at, description = coalesce(message, '')",
  `create table model_version_tags (
    version_id text not null references model_versions (id), key text not null, value text not null,
    primary key (version_id, key))`,
];

/** A model may have tens of thousands of versions, and their rows are long. */
const lookUps = [
  "create index model_versions_living on model_versions (model, version) where deleted_at is null",
  "create index model_versions_by_stage on model_versions (model, stage, version) where deleted_at is null",
  "create index model_versions_by_update on model_versions (model, updated_at, version) where deleted_at is null",
  "create index model_versions_updated on model_versions (updated_at) where deleted_at is null",
  "create index model_versions_by_run on model_versions (run_id)",
  "create index model_versions_by_logged_model on model_versions (logged_model_id)",
  "create index model_tags_by_value on model_tags (key, substr(value, 1, 100))",
  "create index model_version_tags_by_value on model_version_tags (key, substr(value, 1, 100))",
  "create index aliases_by_version on aliases (model, version)",
];
