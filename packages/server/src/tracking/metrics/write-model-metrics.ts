import type { SqlValue, TaskDb } from "../../platform/sql/index.ts";
import { insertRows, type Insert } from "../insert-rows.ts";
import { requireLoggedModel } from "../logged-models/logged-model.ts";
import type { RunKey } from "../runs/run.ts";

/** A metric of a run that tells of a logged model, maybe on a dataset. */
export interface ModelMetric {
  readonly modelId: string;
  readonly key: string;
  readonly value: number;
  readonly timestamp: number;
  readonly step: number;
  readonly datasetName: string | null;
  readonly datasetDigest: string | null;
}

const insertMetrics: Insert = {
  into: `logged_model_metrics
    (model_n, key, timestamp, step, run_n, value, is_nan, dataset_name, dataset_digest, experiment_id)`,
  columns: 10,
  onConflict: "on conflict do nothing",
};

export async function writeModelMetrics(db: TaskDb, run: RunKey, metrics: readonly ModelMetric[]): Promise<void> {
  const rows: SqlValue[] = [];
  const numbers = new Map<string, number>();
  for (const metric of metrics) {
    let model = numbers.get(metric.modelId);
    if (model === undefined) numbers.set(metric.modelId, (model = (await requireLoggedModel(db, metric.modelId)).n));
    const isNan = Number.isNaN(metric.value);
    rows.push(model, metric.key, metric.timestamp, metric.step, run.n, isNan ? 0 : metric.value, isNan ? 1 : 0);
    rows.push(metric.datasetName, metric.datasetDigest, run.experiment_id);
  }
  await insertRows(db, insertMetrics, rows);
}
