import { sql, type Kysely } from "kysely";
import type { Migration } from "../platform/sql/index.ts";

export const endpointMigrations: readonly Migration[] = [
  {
    id: "endpoints-0001",
    async up(db: Kysely<unknown>) {
      await sql`create table endpoints (
        name text primary key, revision bigint not null, spec text not null,
        created_at bigint not null, updated_at bigint not null)`.execute(db);
      await sql`create table endpoint_revisions (
        endpoint text not null, revision bigint not null, action text not null, spec text not null,
        changes text not null, restores bigint not null, author text, message text, created_at bigint not null,
        primary key (endpoint, revision))`.execute(db);
      await sql`create table routing_epoch (id bigint primary key, epoch bigint not null)`.execute(db);
      await sql`insert into routing_epoch (id, epoch) values (1, 0)`.execute(db);
    },
  },
];
