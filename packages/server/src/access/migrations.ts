import { sql, type Kysely } from "kysely";
import type { Migration } from "../platform/sql/index.ts";

export const accessMigrations: readonly Migration[] = [
  {
    id: "access-0001",
    async up(db: Kysely<unknown>) {
      await sql`create table tokens (
        id text primary key, hash text not null unique, user_name text not null, scope text not null,
        created_at bigint not null, revoked_at bigint)`.execute(db);
    },
  },
];
