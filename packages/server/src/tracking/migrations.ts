import { sql, type Kysely } from "kysely";
import type { Migration, SqlDialect } from "../platform/sql/index.ts";

/**
 * A run, a logged model, a dataset and a series of points have a number `n`, taken from `tracking_counters` and never
 * given twice: what hangs on them is keyed by it, which is a third of the bytes of MLflow's 32 hex characters. No
 * foreign keys on what is written a thousand rows at a time; whoever takes a run away takes its children, too.
 */
export const trackingMigrations: readonly Migration[] = [
  {
    id: "tracking-0001",
    async up(db: Kysely<unknown>, dialect: SqlDialect) {
      // `integer primary key` is SQLite's own key of the table.
      const number = dialect === "sqlite" ? "integer" : "bigint";
      const keyed = dialect === "sqlite" ? "without rowid" : "";
      for (const statement of [...experiments(keyed), ...runs(number, keyed), ...metrics(number, keyed)])
        await sql.raw(statement).execute(db);
      for (const statement of [...inputs(number, keyed), ...loggedModels(number, keyed)])
        await sql.raw(statement).execute(db);
      const counters = ["run", "series", "dataset", "model", "experiment"].map((name) => `('${name}', 0)`).join(", ");
      await sql.raw(`insert into tracking_counters values ${counters}`).execute(db);
      await sql
        .raw(
          `insert into experiments (id, name, artifact_location, lifecycle, creation_time, last_update_time)
           values (0, 'Default', 'mlflow-artifacts:/0', 'active', ${nowMs[dialect]}, ${nowMs[dialect]})`,
        )
        .execute(db);
    },
  },
];

const nowMs = {
  sqlite: "unixepoch() * 1000",
  postgres: "floor(extract(epoch from now()))::bigint * 1000",
} as const;

const experiments = (keyed: string) => [
  `create table tracking_counters (name text primary key not null, value bigint not null)`,
  // 'active' or 'deleted'. `request` is the digest of what made it and `instance` the start of the server that did:
  // a client that lost the answer asks again (requests.ts).
  `create table experiments (
    id bigint primary key not null, name text not null, artifact_location text not null, lifecycle text not null,
    creation_time bigint not null, last_update_time bigint not null, deleted_at bigint, request text, instance text)`,
  `create unique index experiments_by_name on experiments (name) where lifecycle = 'active'`,
  `create table experiment_tags (
    experiment_id bigint not null, key text not null, value text not null, primary key (experiment_id, key)) ${keyed}`,
];

const runs = (number: string, keyed: string) => [
  `create table runs (
    n ${number} primary key not null, id text not null unique, experiment_id bigint not null references experiments (id),
    name text not null, user_id text not null, status text not null, start_time bigint, end_time bigint,
    lifecycle text not null, deleted_at bigint, artifact_uri text not null, request text, instance text)`,
  `create index runs_by_start on runs (experiment_id, lifecycle, start_time desc, id)`,
  `create table params (
    run_n bigint not null, key text not null, value text not null, primary key (run_n, key)) ${keyed}`,
  `create table run_tags (
    run_n bigint not null, key text not null, value text not null, primary key (run_n, key)) ${keyed}`,
  // Searches begin with the few runs that have a value; PostgreSQL takes no long text into an index.
  `create index params_by_value on params (key, substr(value, 1, 100))`,
  `create index run_tags_by_value on run_tags (key, substr(value, 1, 100))`,
];

/** A series is one key of one run; its row holds the latest point. NaN is `is_nan` 1 with the value 0. */
const metrics = (number: string, keyed: string) => [
  `create table latest_metrics (
    run_n bigint not null, key text not null, n ${number} not null, experiment_id bigint not null,
    value double precision not null, is_nan integer not null, step bigint not null, timestamp bigint not null,
    primary key (run_n, key)) ${keyed}`,
  // Pages of runs that are sorted by a metric are read off this one.
  `create index latest_metrics_by_value on latest_metrics (experiment_id, key, is_nan, value)`,
  // In the order of a history; a point that comes again is the one that is there.
  `create table metrics (
    series_n bigint not null, timestamp bigint not null, step bigint not null, value double precision not null,
    is_nan integer not null, primary key (series_n, timestamp, step, value, is_nan)) ${keyed}`,
  // A chart takes some of many points, by their steps.
  `create index metrics_by_step on metrics (series_n, step, timestamp, value, is_nan)`,
];

const inputs = (number: string, keyed: string) => [
  `create table datasets (
    n ${number} primary key not null, experiment_id bigint not null references experiments (id), name text not null,
    digest text not null, source_type text not null, source text not null, schema text, profile text,
    unique (experiment_id, name, digest))`,
  `create table run_inputs (
    run_n bigint not null, dataset_n bigint not null, position bigint not null, primary key (run_n, dataset_n)) ${keyed}`,
  `create index run_inputs_by_dataset on run_inputs (dataset_n)`,
  `create table run_input_tags (
    run_n bigint not null, dataset_n bigint not null, key text not null, value text not null,
    primary key (run_n, dataset_n, key)) ${keyed}`,
  `create table run_model_inputs (
    run_n bigint not null, model_id text not null, primary key (run_n, model_id)) ${keyed}`,
  `create table run_outputs (
    run_n bigint not null, model_id text not null, step bigint not null, primary key (run_n, model_id)) ${keyed}`,
];

const loggedModels = (number: string, keyed: string) => [
  `create table logged_models (
    n ${number} primary key not null, id text not null unique, experiment_id bigint not null references experiments (id),
    name text not null, artifact_uri text not null, status text not null, status_message text, model_type text not null,
    source_run_id text not null, creation_time bigint not null, last_updated_time bigint not null,
    lifecycle text not null, deleted_at bigint, request text, instance text)`,
  `create index logged_models_by_creation on logged_models (experiment_id, lifecycle, creation_time desc, id)`,
  `create index logged_models_by_run on logged_models (source_run_id)`,
  `create table logged_model_params (
    model_n bigint not null, key text not null, value text not null, primary key (model_n, key)) ${keyed}`,
  `create table logged_model_tags (
    model_n bigint not null, key text not null, value text not null, primary key (model_n, key)) ${keyed}`,
  // The dataset that a metric is about may be unknown here, so it is named.
  `create table logged_model_metrics (
    model_n bigint not null, key text not null, timestamp bigint not null, step bigint not null, run_n bigint not null,
    value double precision not null, is_nan integer not null, dataset_name text, dataset_digest text,
    experiment_id bigint not null, primary key (model_n, key, timestamp, step, run_n)) ${keyed}`,
];
