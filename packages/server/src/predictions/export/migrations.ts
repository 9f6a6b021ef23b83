import { raw, type Migration } from "../../platform/sql/index.ts";

export const exportMigrations: readonly Migration[] = [
  {
    id: "exports-0001",
    async up(db) {
      await raw`create table lake_exports (
        file_id text primary key, endpoint text not null, day text not null, path text not null,
        staged bigint not null)`.execute(db);
    },
  },
  {
    id: "exports-0002",
    async up(db) {
      await raw`alter table lake_exports add column kind text not null default 'predictions'`.execute(db);
    },
  },
];
