import type { ImportedLoggedModel, ImportLoggedModels, ImportResult } from "@slipway/contract";
import type { SqlValue, TaskDb } from "../../platform/sql/index.ts";
import { takeNumbers } from "../counters.ts";
import { requireExperiment } from "../experiments/experiment.ts";
import { loggedModelColumns, type LoggedModelRow } from "../logged-models/logged-model.ts";
import { writeModelMetrics } from "../metrics/write-model-metrics.ts";
import type { RunKey } from "../runs/run.ts";
import { pairTable, putPairs, toChanges, type Change } from "./put-pairs.ts";

const params = pairTable("logged_model_params", "model_n", "param");
const tags = pairTable("logged_model_tags", "model_n", "tag");

/** After the runs, of which their metrics tell. */
export async function importLoggedModels(db: TaskDb, { logged_models }: ImportLoggedModels): Promise<ImportResult[]> {
  const results: ImportResult[] = [];
  for (const given of logged_models) results.push(await importLoggedModel(db, given));
  return results;
}

interface StoredModel extends LoggedModelRow {
  readonly deleted_at: number | null;
}

async function importLoggedModel(db: TaskDb, given: ImportedLoggedModel): Promise<ImportResult> {
  const [row] = await db.rows<StoredModel>(`select ${loggedModelColumns}, deleted_at from logged_models where id = ?`, [
    given.model_id,
  ]);
  const owner = row?.n ?? (await create(db, given));
  const changes: Change[] = [
    ...(row === undefined ? [] : [await update(db, row, given)]),
    await putPairs(db, params, { owner, pairs: given.params, mode: "replace" }),
    await putPairs(db, tags, { owner, pairs: given.tags, mode: "replace" }),
    await putMetrics(db, owner, given),
  ];
  const changed = changes.some((change) => change.changed);
  return {
    id: given.model_id,
    outcome: row === undefined ? "created" : changed ? "changed" : "same",
    differences: changes.flatMap((change) => change.differences),
  };
}

function toColumns(given: ImportedLoggedModel): Omit<StoredModel, "n" | "id" | "experiment_id" | "artifact_uri"> {
  const { name, status, status_message, model_type, source_run_id, lifecycle_stage: lifecycle } = given;
  const { creation_time, last_updated_time } = given;
  const times = { creation_time, last_updated_time, deleted_at: lifecycle === "deleted" ? last_updated_time : null };
  return { name, status, status_message, model_type, source_run_id, lifecycle, ...times };
}

function ownPlace({ artifact_uri, experiment_id, model_id }: ImportedLoggedModel): string {
  return artifact_uri ?? `mlflow-artifacts:/${experiment_id}/models/${model_id}/artifacts`;
}

async function create(db: TaskDb, given: ImportedLoggedModel): Promise<number> {
  const { id: experiment } = await requireExperiment(db, Number(given.experiment_id));
  const n = await takeNumbers(db, "model");
  const columns = toColumns(given);
  const names = Object.keys(columns);
  await db.change(
    `insert into logged_models (n, id, experiment_id, artifact_uri, ${names.join(", ")})
      values (?, ?, ?, ?, ${names.map(() => "?").join(", ")})`,
    [n, given.model_id, experiment, ownPlace(given), ...(Object.values(columns) as SqlValue[])],
  );
  return n;
}

async function update(db: TaskDb, row: StoredModel, given: ImportedLoggedModel): Promise<Change> {
  const isElsewhere = String(row.experiment_id) !== given.experiment_id;
  const differences = isElsewhere
    ? [`experiment: here ${row.experiment_id}, where it would go ${given.experiment_id}`]
    : [];
  const isHere = isElsewhere || row.artifact_uri.startsWith("mlflow-artifacts:");
  const place = isHere ? row.artifact_uri : ownPlace(given);
  const changes = toChanges<StoredModel>(row, { ...toColumns(given), artifact_uri: place });
  if (changes !== null)
    await db.change(
      `update logged_models set ${Object.keys(changes)
        .map((name) => `${name} = ?`)
        .join(", ")} where n = ?`,
      [...(Object.values(changes) as SqlValue[]), row.n],
    );
  return { changed: changes !== null, differences };
}

async function putMetrics(db: TaskDb, n: number, { model_id, metrics }: ImportedLoggedModel): Promise<Change> {
  if (metrics.length === 0) return { changed: false, differences: [] };
  const before = await countMetrics(db, n);
  const differences: string[] = [];
  for (const [id, ofRun] of Map.groupBy(metrics, (metric) => metric.run_id)) {
    const [run] = await db.rows<RunKey>("select n, experiment_id, lifecycle from runs where id = ?", [id]);
    if (run === undefined) {
      differences.push(`${ofRun.length} metrics of the run ${id}, which is not here`);
      continue;
    }
    const told = ofRun.map((metric) => ({
      modelId: model_id,
      key: metric.key,
      value: metric.value ?? Number.NaN,
      timestamp: metric.timestamp,
      step: metric.step,
      datasetName: metric.dataset_name,
      datasetDigest: metric.dataset_digest,
    }));
    await writeModelMetrics(db, run, told);
  }
  return { changed: (await countMetrics(db, n)) > before, differences };
}

async function countMetrics(db: TaskDb, n: number): Promise<number> {
  const [row] = await db.rows<{ n: number }>("select count(*) as n from logged_model_metrics where model_n = ?", [n]);
  return row!.n;
}
