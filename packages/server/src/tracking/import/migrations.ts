import type { Migration } from "../../platform/sql/index.ts";

export const importMigrations: readonly Migration[] = [
  {
    id: "import-0001",
    async up(db) {
      // What an import has said of a record of another server when it had taken it whole; it reads by that what is new.
      await db.schema
        .createTable("import_marks")
        .addColumn("kind", "text", (column) => column.notNull())
        .addColumn("id", "text", (column) => column.notNull())
        .addColumn("mark", "text", (column) => column.notNull())
        .addPrimaryKeyConstraint("import_marks_key", ["kind", "id"])
        .execute();
    },
  },
];
