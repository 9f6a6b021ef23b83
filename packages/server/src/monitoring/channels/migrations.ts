import { raw, type Migration } from "../../platform/sql/index.ts";

export const channelMigrations: readonly Migration[] = [
  {
    id: "monitoring-channels-0001",
    async up(db) {
      await raw`create table monitor_channels (
        id text primary key, name text not null unique, kind text not null, address text not null, settings text not null,
        sealed text not null, created_at bigint not null)`.execute(db);
    },
  },
];
