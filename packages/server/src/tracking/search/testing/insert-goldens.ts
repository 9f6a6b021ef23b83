import { raw, type Kysely, type Sql } from "../../../platform/sql/index.ts";
import { toStored } from "../../metrics/point.ts";
import { goldens, type GoldenModel, type GoldenRun } from "./goldens.ts";

type Rows = Readonly<Record<string, unknown>>[];

/** The experiment that the runs and models of the goldens are in. */
export const searched = 7;

type Tables = Readonly<Record<string, Record<string, unknown>>>;
type Db = Kysely<Tables>;

async function insert(db: Db, table: string, rows: Rows): Promise<void> {
  if (rows.length > 0) await db.insertInto(table).values(rows).execute();
}

export const insertExperiments = (sql: Sql) => sql.as<Tables>().tx(putExperiments);
export const insertRuns = (sql: Sql) => sql.as<Tables>().tx(putRuns);
export const insertModels = (sql: Sql) => sql.as<Tables>().tx(putModels);

async function putExperiments(db: Db): Promise<void> {
  await raw`delete from experiments`.execute(db);
  for (const { id, tags, ...experiment } of goldens("experiments")) {
    await insert(db, "experiments", [{ id: Number(id), artifact_location: "", ...withoutAbout(experiment) }]);
    const own = Object.entries(tags).map(([key, value]) => ({ experiment_id: Number(id), key, value }));
    await insert(db, "experiment_tags", own);
  }
}

async function putRuns(db: Db): Promise<void> {
  const experiment = { id: searched, name: "searched", artifact_location: "", lifecycle: "active" };
  await insert(db, "experiments", [{ ...experiment, creation_time: 1, last_update_time: 1 }]);
  const datasets = new Map<string, number>();
  for (const [index, run] of goldens("runs").entries()) {
    const n = index + 1;
    await insert(db, "runs", [toRow(n, run)]);
    await insert(db, "params", toPairs("run_n", n, run.params));
    await insert(db, "run_tags", toPairs("run_n", n, { ...run.tags, "mlflow.runName": run.name }));
    await insert(db, "latest_metrics", toMetrics(n, run));
    for (const [position, [name, digest, context]] of run.datasets.entries()) {
      const known = datasets.get(`${name} ${digest}`);
      const dataset_n = known ?? datasets.size + 1;
      datasets.set(`${name} ${digest}`, dataset_n);
      const dataset = { n: dataset_n, experiment_id: searched, name, digest, source_type: "local", source: "src" };
      if (known === undefined) await insert(db, "datasets", [dataset]);
      await insert(db, "run_inputs", [{ run_n: n, dataset_n, position }]);
      if (context !== null)
        await insert(db, "run_input_tags", [{ run_n: n, dataset_n, key: "mlflow.data.context", value: context }]);
    }
  }
}

function toRow(n: number, { id, name, start, end, status, user, deleted = false, artifact_uri }: GoldenRun) {
  const lifecycle = deleted ? "deleted" : "active";
  return {
    n,
    id,
    experiment_id: searched,
    name,
    user_id: user,
    status,
    start_time: start,
    end_time: end,
    lifecycle,
    artifact_uri,
  };
}

function toMetrics(n: number, { metrics }: GoldenRun): Rows {
  return Object.entries(metrics).map(([key, given], i) => {
    const value = typeof given === "number" ? given : Number(given.replace("inf", "Infinity").replace("nan", "NaN"));
    const isNan = Number.isNaN(value);
    const stored = { value: isNan ? 0 : toStored(value), is_nan: isNan ? 1 : 0, step: 0, timestamp: 10 };
    return { run_n: n, key, n: n * 100 + i, experiment_id: searched, ...stored };
  });
}

function toPairs(owner: string, n: number, pairs: Readonly<Record<string, string>>): Rows {
  return Object.entries(pairs).map(([key, value]) => ({ [owner]: n, key, value }));
}

async function putModels(db: Db): Promise<void> {
  const runs = new Map(goldens("runs").map(({ id }, index) => [id, index + 1]));
  for (const [index, model] of goldens("models").entries()) {
    const n = index + 1;
    await insert(db, "logged_models", [toModelRow(n, model)]);
    await insert(db, "logged_model_params", toPairs("model_n", n, model.params));
    await insert(db, "logged_model_tags", toPairs("model_n", n, model.tags));
    const metrics = model.metrics.map(({ dataset, digest, run, ...metric }) => {
      const about = { dataset_name: dataset, dataset_digest: digest, experiment_id: searched };
      return { model_n: n, run_n: runs.get(run)!, is_nan: 0, ...metric, ...about };
    });
    await insert(db, "logged_model_metrics", metrics);
  }
}

function toModelRow(n: number, model: GoldenModel) {
  const { id, name, model_type, creation_time, last_updated_time, run, status } = model;
  const row = { n, id, experiment_id: searched, name, artifact_uri: "", status: `LOGGED_MODEL_${status}`, model_type };
  return { ...row, source_run_id: run, creation_time, last_updated_time, lifecycle: "active" };
}

function withoutAbout<T extends object>(line: T): T {
  const { about: _, ...rest } = line as T & { about?: string };
  return rest as unknown as T;
}
