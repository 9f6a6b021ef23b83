import { raw, type Migration } from "../../platform/sql/index.ts";

export const evidenceMigrations: readonly Migration[] = [
  {
    id: "rollouts-evidence-0001",
    async up(db) {
      // plan: JSON, what is counted; active: 1 until the rollout has ended.
      await raw`create table rollout_evidence (
        rollout text not null primary key, active bigint not null, started_at bigint not null, plan text not null)`.execute(
        db,
      );
      // What each arm did under each revision of the endpoint; counts: JSON.
      await raw`create table rollout_counts (
        rollout text not null, revision bigint not null, arm text not null, via text not null,
        propensity double precision not null, counts text not null,
        primary key (rollout, revision, arm, via, propensity))`.execute(db);
      // The first revision that each step was seen with.
      await raw`create table rollout_steps (
        rollout text not null, step bigint not null, revision bigint not null, primary key (rollout, step))`.execute(
        db,
      );
      // Behind everything that is in rollout_counts.
      await raw`create table rollout_offsets (
        instance text not null primary key, segment bigint not null, byte bigint not null)`.execute(db);
    },
  },
];
