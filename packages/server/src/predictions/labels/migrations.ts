import { raw, type Migration } from "../../platform/sql/index.ts";

export const labelMigrations: readonly Migration[] = [
  {
    id: "labels-0001",
    async up(db) {
      await raw`create table labels (
        id text primary key, endpoint text not null, target text not null,
        prediction text, "row" bigint, "key" text, value text not null, number double precision,
        observed_at bigint not null, timed bigint not null, received_at bigint not null,
        source text not null, ambiguous text not null)`.execute(db);
      await raw`create index labels_by_target on labels (endpoint, target)`.execute(db);
      await raw`create table label_pulls (
        endpoint text primary key, source text not null, query text not null, watermark bigint,
        last_at bigint, pulled bigint, stored bigint, error text, next_at bigint not null)`.execute(db);
    },
  },
];
