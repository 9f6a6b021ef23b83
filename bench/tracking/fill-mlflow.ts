import { DatabaseSync } from "node:sqlite";
import { toRunContent } from "./content.ts";

/**
 * The data set into the tables of MLflow 3.17, as its API leaves it there: that would take several minutes of one core.
 * The answers are compared with those of a server that was filled by the API (agreement.ts). While the server does not run.
 */
export function fillMlflow(database: string, experiment: string, count: number): void {
  const db = new DatabaseSync(database);
  const insert = (table: string, columns: string) =>
    db.prepare(
      `insert into ${table} (${columns}) values (${columns
        .split(",")
        .map(() => "?")
        .join(",")})`,
    );
  const run = insert(
    "runs",
    "run_uuid,name,source_type,source_name,entry_point_name,user_id,status,start_time,source_version,lifecycle_stage,artifact_uri,experiment_id",
  );
  const metric = insert("metrics", "key,value,timestamp,run_uuid,step,is_nan");
  const latest = insert("latest_metrics", "key,value,timestamp,run_uuid,step,is_nan");
  const param = insert("params", "key,value,run_uuid");
  const tag = insert("tags", "key,value,run_uuid");
  db.exec("begin");
  for (let at = 0; at < count; at++) {
    const { name, startTime, metrics, params, tags } = toRunContent(at);
    const id = toRunId(at);
    const uri = `mlflow-artifacts:/${experiment}/${id}/artifacts`;
    run.run(id, name, "UNKNOWN", "", "", "bench", "RUNNING", startTime, "", "active", uri, Number(experiment));
    for (const { key, value, timestamp, step } of metrics)
      for (const table of [metric, latest]) table.run(key, value, timestamp, id, step, 0);
    for (const { key, value } of params) param.run(key, value, id);
    for (const { key, value } of [...tags, { key: "mlflow.runName", value: name }]) tag.run(key, value, id);
  }
  db.exec("commit");
  db.close();
}

/** Spread over the key space, as those are that a server makes. */
function toRunId(at: number): string {
  return Math.imul(at + 1, 0x9e3779b1)
    .toString(16)
    .replace("-", "f")
    .padStart(8, "0")
    .concat(String(at).padStart(24, "0"));
}

/** Versions of one model, with the alias `champion` on the one in the middle. */
export function fillMlflowVersions(database: string, name: string, count: number): void {
  const db = new DatabaseSync(database);
  const now = Date.UTC(2026, 0, 1);
  db.exec("begin");
  db.prepare("insert into registered_models (name, creation_time, last_updated_time) values (?, ?, ?)").run(
    name,
    now,
    now + count,
  );
  const version = db.prepare(
    `insert into model_versions (name, version, creation_time, last_updated_time, description, current_stage, source,
      run_id, status, run_link, storage_location) values (?, ?, ?, ?, '', 'None', ?, '', 'READY', '', ?)`,
  );
  for (let at = 1; at <= count; at++) {
    const source = `s3://bench/${name}/${at}`;
    version.run(name, at, now + at, now + at, source, source);
  }
  db.exec("commit");
  db.close();
}
