import { raw, type Migration } from "../../platform/sql/index.ts";

export const lakeMigrations: readonly Migration[] = [
  {
    id: "lake-0001",
    async up(db) {
      await raw`create table lake_files (
        id text primary key, kind text not null, endpoint text not null, signature_hash text not null, day text not null,
        path text not null unique, rows bigint not null, bytes bigint not null, min_at bigint not null,
        max_at bigint not null, created_at bigint not null)`.execute(db);
      await raw`create index lake_files_by_partition on lake_files (kind, endpoint, day, signature_hash)`.execute(db);
      await raw`create table lake_offsets (
        consumer text not null, instance text not null, segment bigint not null, byte bigint not null,
        primary key (consumer, instance))`.execute(db);
    },
  },
];
