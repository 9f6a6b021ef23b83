import { raw, type Migration } from "../../platform/sql/index.ts";

export const referenceMigrations: readonly Migration[] = [
  {
    id: "monitoring-reference-0001",
    async up(db) {
      // `facts`, `plan`, `calibration`, `estimator`: JSON. `profile`: base64. `made_of`: a hash of the source and of the settings.
      await raw`create table monitor_references (
        endpoint text not null, model text not null, version bigint not null,
        id text not null, source text not null, provisional bigint not null, rows bigint not null,
        created_at bigint not null, made_of text not null, sample text not null,
        facts text not null, plan text not null, profile text not null, calibration text not null, estimator text,
        primary key (endpoint, model, version))`.execute(db);
      await raw`create index monitor_references_by_sample on monitor_references (sample)`.execute(db);
    },
  },
];
