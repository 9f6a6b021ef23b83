import { raw, type Migration } from "../../platform/sql/index.ts";

export const incidentMigrations: readonly Migration[] = [
  {
    id: "monitoring-incidents-0001",
    async up(db) {
      await raw`create table monitor_states (
        endpoint text not null, model text not null, version bigint not null, format bigint not null, state text not null,
        primary key (endpoint, model, version))`.execute(db);
      await raw`create table monitor_incidents (
        id text primary key, endpoint text not null, model text not null, version bigint not null, state text not null,
        severity text not null, opened_at bigint not null, incident text not null)`.execute(db);
      await raw`create index monitor_incidents_by_time on monitor_incidents (opened_at, id)`.execute(db);
      await raw`create index monitor_incidents_by_state on monitor_incidents (state, opened_at)`.execute(db);
      await raw`create table monitor_incident_events (
        incident text not null, place bigint not null, at bigint not null, type text not null, actor text,
        text text not null, primary key (incident, place))`.execute(db);
    },
  },
  {
    id: "monitoring-incidents-0002",
    async up(db) {
      await raw`alter table monitor_states add column heard_at bigint not null default 0`.execute(db);
      await raw`alter table monitor_incidents add column saved_at bigint not null default 0`.execute(db);
      await raw`update monitor_incidents set saved_at = opened_at`.execute(db);
    },
  },
];
