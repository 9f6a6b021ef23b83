import { raw, type Migration } from "../../platform/sql/index.ts";

export const gateMigrations: readonly Migration[] = [
  {
    id: "rollouts-gates-0001",
    async up(db) {
      // `evidence`: JSON. `place`: in the order of the rollout's gates, from 0.
      await raw`create table gate_results (
        rollout text not null, gate text not null, place bigint not null,
        endpoint text not null, model text not null, version bigint not null, compared_with bigint,
        verdict text not null, message text not null, evidence text not null, finished_at bigint not null,
        primary key (rollout, gate))`.execute(db);
      await raw`create index gate_results_by_version on gate_results (model, version, finished_at)`.execute(db);
      // What the gates of a version read, by the names that slipway.yaml gives them.
      await raw`create table gate_files (
        model text not null, version bigint not null, path text not null, sha256 text not null, size bigint not null,
        primary key (model, version, path))`.execute(db);
      await raw`create index gate_files_by_blob on gate_files (sha256)`.execute(db);
    },
  },
];
