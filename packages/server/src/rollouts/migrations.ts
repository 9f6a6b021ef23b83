import { raw, type Kysely, type Migration, type SqlDialect } from "../platform/sql/index.ts";

export const rolloutMigrations: readonly Migration[] = [
  {
    id: "rollouts-0001",
    async up(db, dialect) {
      // `unfinished`: 1 until what counts for it has been told of its end. `active` is the endpoint while the rollout is under way, else null: unique, so that an endpoint has one at most.
      await raw`create table rollouts (
        id text primary key, endpoint text not null, model text not null, from_version bigint not null,
        to_version bigint not null, strategy text not null, spec text not null, settings text, author text, message text,
        created_at bigint not null, updated_at bigint not null, active text unique, unfinished bigint not null,
        phase text not null,
        seq bigint not null, writes bigint not null, status text not null, sight text)`.execute(db);
      await raw`create index rollouts_by_endpoint on rollouts (endpoint, id)`.execute(db);
      await raw`create table rollout_events (
        rollout text not null, seq bigint not null, at bigint not null, kind text not null, event text not null,
        prev_hash text not null, hash text not null, primary key (rollout, seq))`.execute(db);
      await raw`create table rollout_commands (
        id text primary key, rollout text not null, kind text not null, actor text, message text, at bigint not null)`.execute(
        db,
      );
      await raw`create index rollout_commands_by_rollout on rollout_commands (rollout, id)`.execute(db);
      for (const change of ["update", "delete"]) await refuse(db, dialect, change);
    },
  },
];

/** Events are appended and nothing else, whoever is at the database. */
async function refuse(db: Kysely<unknown>, dialect: SqlDialect, change: string): Promise<void> {
  const message = raw.lit(`Events of rollouts stay as they are; ${change} is refused.`);
  const name = raw.raw(`rollout_events_no_${change}`);
  if (dialect === "sqlite") {
    await raw`create trigger ${name} before ${raw.raw(change)} on rollout_events
      begin select raise(abort, ${message}); end`.execute(db);
    return;
  }
  await raw`create function ${name}() returns trigger language plpgsql as
    ${raw.lit(`begin raise exception 'Events of rollouts stay as they are; ${change} is refused.'; end`)}`.execute(db);
  await raw`create trigger ${name} before ${raw.raw(change)} on rollout_events
    for each statement execute function ${name}()`.execute(db);
}
