import { raw, type Migration } from "../../platform/sql/index.ts";

export const profileMigrations: readonly Migration[] = [
  {
    id: "monitoring-profiles-0001",
    async up(db, dialect) {
      const bytes = raw.raw(dialect === "sqlite" ? "blob" : "bytea");
      // Windows of different lengths and plans stand beside each other: settings and references change.
      await raw`create table monitor_profiles (
        endpoint text not null, model text not null, version bigint not null, slice text not null,
        from_at bigint not null, to_at bigint not null, plan text not null,
        rows bigint not null, requests bigint not null, updated_at bigint not null, bytes ${bytes} not null,
        primary key (endpoint, model, version, slice, from_at, to_at, plan))`.execute(db);
      await raw`create index monitor_profiles_by_update on monitor_profiles (updated_at)`.execute(db);
      // latency: JSON list of counts by bucket.
      await raw`create table monitor_minutes (
        endpoint text not null, model text not null, version bigint not null, minute bigint not null,
        requests bigint not null, rows bigint not null, errors bigint not null, refused bigint not null,
        fallbacks bigint not null, latency text not null, updated_at bigint not null,
        primary key (endpoint, minute, model, version))`.execute(db);
      await raw`create index monitor_minutes_by_update on monitor_minutes (updated_at)`.execute(db);
      // Behind everything that is in the two tables.
      await raw`create table monitor_offsets (
        instance text not null primary key, segment bigint not null, byte bigint not null)`.execute(db);
    },
  },
];
