import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** Tables as MLflow's own database has them, cut down to what is read; `old`: those of MLflow 1. */
const tables = (old: boolean) => `
  create table experiments (experiment_id integer primary key, name text, artifact_location text, lifecycle_stage text
    ${old ? "" : ", creation_time bigint, last_update_time bigint, workspace text default 'default'"});
  create table experiment_tags (key text, value text, experiment_id integer);
  create table runs (run_uuid text primary key, name text, user_id text, status text, start_time bigint, end_time bigint,
    lifecycle_stage text, artifact_uri text, experiment_id integer ${old ? "" : ", deleted_time bigint"});
  create table params (key text, value text, run_uuid text);
  create table tags (key text, value text, run_uuid text);
  create table metrics (key text, value float not null, timestamp bigint, run_uuid text
    ${old ? "" : ", step bigint default 0, is_nan boolean default 0"});
  ${old ? "" : modern}`;

const modern = `
  create table datasets (dataset_uuid text, experiment_id integer, name text, digest text, dataset_source_type text,
    dataset_source text, dataset_schema text, dataset_profile text);
  create table inputs (input_uuid text, source_type text, source_id text, destination_type text, destination_id text,
    step bigint default 0);
  create table input_tags (input_uuid text, name text, value text);
  create table logged_models (model_id text primary key, experiment_id integer, name text, artifact_location text,
    creation_timestamp_ms bigint, last_updated_timestamp_ms bigint, status integer, lifecycle_stage text, model_type text,
    source_run_id text, status_message text);
  create table registered_models (name text, creation_time bigint, last_updated_time bigint, description text,
    workspace text default 'default');
  create table registered_model_tags (key text, value text, name text, workspace text default 'default');
  create table registered_model_aliases (alias text, version integer, name text, workspace text default 'default');
  create table model_versions (name text, version integer, creation_time bigint, last_updated_time bigint, description text,
    user_id text, current_stage text, source text, run_id text, status text, run_link text, storage_location text,
    workspace text default 'default');
  create table model_version_tags (key text, value text, name text, version integer, workspace text default 'default');
  create table trace_info (request_id text);
  insert into trace_info values ('tr-1'), ('tr-2');`;

let servers = 0;

export interface OldMlflow {
  readonly path: string;
  readonly folder: string;
  readonly db: DatabaseSync;
  /** A run of the experiment with so many points of `loss`; `artifacts` are its files by their names. */
  addRun(id: string, options?: OldRun): void;
  addPoints(id: string, from: number, count: number): void;
}

interface OldRun {
  readonly experiment?: number;
  readonly points?: number;
  readonly artifacts?: Readonly<Record<string, string>>;
  readonly uri?: string;
  readonly status?: string;
}

/** The database of an MLflow server with the experiments Default, churn and a deleted one, and their folder of files. */
export function createOldMlflow(folder: string, { old = false } = {}): OldMlflow {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, "mlflow.db");
  const db = new DatabaseSync(path);
  db.exec(`pragma journal_mode = wal; ${tables(old)}`);
  // No two servers made an experiment in the same millisecond.
  const made = ++servers * 1000;
  const times = old ? "" : `, ${made}, ${made + 1}, 'default'`;
  const experiment = (id: number, name: string, stage: string) =>
    db.exec(`insert into experiments values (${id}, '${name}', '${folder}/mlruns/${id}', '${stage}'${times})`);
  experiment(0, "Default", "active");
  experiment(1, "churn", "active");
  experiment(2, "old idea", "deleted");
  db.exec("insert into experiment_tags values ('team', 'growth', 1)");
  const addPoints = (id: string, from: number, count: number) => {
    const add = db.prepare(`insert into metrics values ('loss', ?, ?, ?${old ? "" : ", ?, 0"})`);
    db.exec("begin");
    for (let i = from; i < from + count; i++) add.run(1 / (i + 1), 1_700_000_000_000 + i, id, ...(old ? [] : [i]));
    db.exec("commit");
  };
  return {
    path,
    folder,
    db,
    addPoints,
    addRun(id, { experiment: of = 1, points = 3, artifacts = {}, uri, status = "FINISHED" } = {}) {
      const place = join(folder, "mlruns", String(of), id, "artifacts");
      for (const [name, text] of Object.entries(artifacts)) {
        mkdirSync(dirname(join(place, name)), { recursive: true });
        writeFileSync(join(place, name), text);
      }
      const values = [
        id,
        `run ${id}`,
        "ada",
        status,
        1_700_000_000_000,
        status === "RUNNING" ? null : 1_700_000_001_000,
      ];
      const insert = `insert into runs values (${Array.from({ length: old ? 9 : 10 }, () => "?").join(", ")})`;
      db.prepare(insert).run(...values, of === 2 ? "deleted" : "active", uri ?? place, of, ...(old ? [] : [null]));
      db.prepare("insert into params values ('lr', '0.1', ?), ('depth', '3', ?)").run(id, id);
      db.prepare("insert into tags values ('mlflow.runName', ?, ?)").run(`run ${id}`, id);
      addPoints(id, 0, points);
    },
  };
}
