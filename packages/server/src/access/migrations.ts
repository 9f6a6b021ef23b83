import { sql, type Kysely } from "kysely";
import type { Migration, SqlDialect } from "../platform/sql/index.ts";

export const accessMigrations: readonly Migration[] = [
  {
    id: "access-0001",
    async up(db: Kysely<unknown>) {
      await sql`create table tokens (
        id text primary key, hash text not null unique, user_name text not null, scope text not null,
        created_at bigint not null, revoked_at bigint)`.execute(db);
    },
  },
  {
    id: "access-0002",
    async up(db: Kysely<unknown>, dialect: SqlDialect) {
      await sql`create table audit_events (
        id text primary key, at bigint not null, actor text, action text not null, subject text not null,
        details text not null)`.execute(db);
      await sql`create index audit_events_by_subject on audit_events (subject, id)`.execute(db);
      for (const change of ["update", "delete"]) await refuse(db, dialect, change);
    },
  },
  {
    id: "access-0003",
    async up(db: Kysely<unknown>) {
      for (const column of ["rate_requests bigint", "rate_unit text", "rate_burst bigint"])
        await sql`alter table tokens add column ${sql.raw(column)}`.execute(db);
    },
  },
];

/** The audit trail is appended to and nothing else, whoever is at the database. */
async function refuse(db: Kysely<unknown>, dialect: SqlDialect, change: string): Promise<void> {
  const message = sql.lit(`The audit trail is append-only; ${change} is refused.`);
  const name = sql.raw(`audit_events_no_${change}`);
  if (dialect === "sqlite") {
    await sql`create trigger ${name} before ${sql.raw(change)} on audit_events
      begin select raise(abort, ${message}); end`.execute(db);
    return;
  }
  await sql`create function ${name}() returns trigger language plpgsql as
    ${sql.lit(`begin raise exception 'The audit trail is append-only; ${change} is refused.'; end`)}`.execute(db);
  await sql`create trigger ${name} before ${sql.raw(change)} on audit_events
    for each statement execute function ${name}()`.execute(db);
}
