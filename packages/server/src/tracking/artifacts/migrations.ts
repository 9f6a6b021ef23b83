import { raw, type Migration } from "../../platform/sql/index.ts";

/** A folder is there as long as a file is in it. What gives the files their order is their bytes. */
export const artifactMigrations: readonly Migration[] = [
  {
    id: "artifacts-0001",
    async up(db, dialect) {
      const [text, keyed] = dialect === "sqlite" ? ["text", "without rowid"] : [`text collate "C"`, ""];
      for (const statement of [
        `create table artifacts (
          folder ${text} not null, name ${text} not null, sha256 text not null, size bigint not null,
          updated_at bigint not null, primary key (folder, name)) ${keyed}`,
        `create index artifacts_by_blob on artifacts (sha256)`,
        // Series of points whose run is gone, and whose points go a few thousand at a time.
        `create table removed_series (n bigint primary key not null)`,
      ])
        await raw.raw(statement).execute(db);
    },
  },
];
