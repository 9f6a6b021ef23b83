import { raw, type Migration } from "../../platform/sql/index.ts";

export const webhookMigrations: readonly Migration[] = [
  {
    id: "webhooks-0001",
    async up(db) {
      await raw`create table webhooks (
        id text primary key, name text not null, url text not null, events text not null, description text,
        secret text, status text not null, created_at bigint not null, updated_at bigint not null)`.execute(db);
    },
  },
];
