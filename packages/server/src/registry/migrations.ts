import type { Migration } from "../platform/sql/index.ts";

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
];
