import { raw, type Migration } from "../../platform/sql/index.ts";

export const watchMigrations: readonly Migration[] = [
  {
    id: "monitoring-watch-0001",
    async up(db) {
      // `seq` differs after every change, so that what was judged before the change is judged again.
      await raw`create table monitor_pending (
        endpoint text not null, model text not null, version bigint not null,
        from_at bigint not null, to_at bigint not null, judge text not null, seq text not null,
        primary key (endpoint, model, version, from_at, to_at, judge))`.execute(db);
      await raw`create index monitor_pending_by_end on monitor_pending (to_at)`.execute(db);
      await raw`create table monitor_verdicts (
        endpoint text not null, model text not null, version bigint not null,
        from_at bigint not null, to_at bigint not null, judge text not null,
        judged_at bigint not null, fails bigint not null, findings text not null,
        primary key (endpoint, model, version, from_at, to_at, judge))`.execute(db);
      await raw`create index monitor_verdicts_by_end on monitor_verdicts (endpoint, to_at)`.execute(db);
      await raw`create index monitor_verdicts_by_age on monitor_verdicts (judged_at)`.execute(db);
    },
  },
];
