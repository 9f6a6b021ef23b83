import { raw, type Migration } from "../../platform/sql/index.ts";

export const erasureMigrations: readonly Migration[] = [
  {
    id: "erasures-0001",
    async up(db) {
      await raw`create table erasures (
        id text primary key, endpoint text not null, predicate_sha256 text not null, author text, step text not null,
        predictions bigint not null, requests bigint not null, widened bigint not null, labels bigint not null,
        segments bigint not null, lake_files bigint not null, unreadable_bytes bigint not null,
        created_at bigint not null, finished_at bigint)`.execute(db);
    },
  },
];
