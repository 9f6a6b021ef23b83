import type { Migration } from "../sql/index.ts";

export const queueMigrations: readonly Migration[] = [
  {
    id: "queue-001",
    async up(db) {
      await db.schema
        .createTable("operations")
        .addColumn("id", "text", (column) => column.primaryKey().notNull())
        .addColumn("kind", "text", (column) => column.notNull())
        .addColumn("subject", "text", (column) => column.notNull())
        .addColumn("state", "text", (column) => column.notNull())
        .addColumn("stage", "text", (column) => column.notNull())
        .addColumn("message", "text", (column) => column.notNull())
        .addColumn("fraction", "double precision")
        .addColumn("result", "text")
        .addColumn("error", "text")
        .addColumn("log", "text", (column) => column.notNull())
        .addColumn("created_at", "bigint", (column) => column.notNull())
        .addColumn("updated_at", "bigint", (column) => column.notNull())
        .addColumn("finished_at", "bigint")
        .execute();
      await db.schema.createIndex("operations_by_state").on("operations").columns(["state", "id"]).execute();
    },
  },
];
