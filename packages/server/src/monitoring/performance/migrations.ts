import { raw, type Migration } from "../../platform/sql/index.ts";

export const performanceMigrations: readonly Migration[] = [
  {
    id: "monitoring-performance-0001",
    async up(db) {
      // `body`: the figures, JSON. What is asked for by is in columns.
      await raw`create table performance_windows (
        endpoint text not null, model text not null, version bigint not null,
        from_at bigint not null, to_at bigint not null, slice text not null,
        state text not null, rows bigint not null, labelled bigint not null,
        fingerprint text not null, computed_at bigint not null, body text not null,
        primary key (endpoint, model, version, from_at, to_at, slice))`.execute(db);
      await raw`create index performance_windows_by_end on performance_windows (endpoint, model, version, to_at)`.execute(
        db,
      );
      await raw`create index performance_windows_by_slice on performance_windows
        (endpoint, model, version, slice, to_at)`.execute(db);
    },
  },
];
