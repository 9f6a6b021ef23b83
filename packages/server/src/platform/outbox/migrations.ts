import { raw, type Migration } from "../sql/index.ts";

export const outboxMigrations: readonly Migration[] = [
  {
    id: "outbox-0001",
    async up(db) {
      await raw`create table outbox (
        id text primary key, destination text not null, place bigint not null, body text not null,
        created_at bigint not null, next_at bigint not null, attempts bigint not null, last_error text,
        failed_at bigint)`.execute(db);
      await raw`create index outbox_by_destination on outbox (destination, place)`.execute(db);
      await raw`create index outbox_waiting on outbox (failed_at, next_at)`.execute(db);
    },
  },
];
