import { SlipwayError } from "@slipway/contract/errors";
import type { TaskDb } from "../../platform/sql/index.ts";
import type { Lifecycle } from "../experiments/experiment.ts";
import type { KeyValue } from "../key-value.ts";
import { toMetricJson, type MetricJson, type PointRow } from "../metrics/point.ts";

export type LoggedModelStatus = "LOGGED_MODEL_PENDING" | "LOGGED_MODEL_READY" | "LOGGED_MODEL_UPLOAD_FAILED";

export interface LoggedModelRow {
  readonly n: number;
  readonly id: string;
  readonly experiment_id: number;
  readonly name: string;
  readonly artifact_uri: string;
  readonly status: LoggedModelStatus;
  readonly status_message: string | null;
  readonly model_type: string;
  readonly source_run_id: string;
  readonly creation_time: number;
  readonly last_updated_time: number;
  readonly lifecycle: Lifecycle;
}

export const loggedModelColumns =
  "n, id, experiment_id, name, artifact_uri, status, status_message, model_type, source_run_id, creation_time, " +
  "last_updated_time, lifecycle";

export interface ModelMetricJson extends MetricJson {
  readonly model_id: string;
  readonly dataset_name?: string;
  readonly dataset_digest?: string;
  readonly run_id: string;
}

/** As MLflow has it; lists that are empty are left out. */
export interface LoggedModelJson {
  readonly info: {
    readonly model_id: string;
    readonly experiment_id: string;
    readonly name: string;
    readonly creation_timestamp_ms: number;
    readonly last_updated_timestamp_ms: number;
    readonly artifact_uri: string;
    readonly status: LoggedModelStatus;
    readonly model_type: string;
    readonly source_run_id: string;
    readonly status_message?: string;
    readonly tags?: readonly KeyValue[];
  };
  readonly data: { readonly params?: readonly KeyValue[]; readonly metrics?: readonly ModelMetricJson[] };
}

/** Deleted ones too. @throws SlipwayError `logged_model_not_found` */
export async function requireLoggedModel(db: TaskDb, id: string): Promise<LoggedModelRow> {
  const [row] = await db.rows<LoggedModelRow>(`select ${loggedModelColumns} from logged_models where id = ?`, [id]);
  if (row) return row;
  throw noLoggedModel(id);
}

export function noLoggedModel(id: string): SlipwayError {
  return new SlipwayError("logged_model_not_found", `Logged model with ID '${id}' not found.`, { model_id: id });
}

interface ModelMetricRow extends PointRow {
  readonly run_id: string;
  readonly dataset_name: string | null;
  readonly dataset_digest: string | null;
}

export async function renderLoggedModel(db: TaskDb, row: LoggedModelRow): Promise<LoggedModelJson> {
  const of = [row.n];
  const tags = await db.rows<KeyValue>("select key, value from logged_model_tags where model_n = ? order by key", of);
  const params = await db.rows<KeyValue>(
    "select key, value from logged_model_params where model_n = ? order by key",
    of,
  );
  const metrics = await db.rows<ModelMetricRow>(
    `select m.key, m.value, m.is_nan, m.timestamp, m.step, m.dataset_name, m.dataset_digest, r.id as run_id
      from logged_model_metrics m join runs r on r.n = m.run_n where m.model_n = ?
      order by m.key, m.timestamp, m.step, m.run_n`,
    of,
  );
  return {
    info: {
      model_id: row.id,
      experiment_id: String(row.experiment_id),
      name: row.name,
      creation_timestamp_ms: row.creation_time,
      last_updated_timestamp_ms: row.last_updated_time,
      artifact_uri: row.artifact_uri,
      status: row.status,
      model_type: row.model_type,
      source_run_id: row.source_run_id,
      ...(row.status_message !== null && { status_message: row.status_message }),
      ...(tags.length > 0 && { tags }),
    },
    data: {
      ...(params.length > 0 && { params }),
      ...(metrics.length > 0 && { metrics: metrics.map((metric) => toModelMetricJson(row.id, metric)) }),
    },
  };
}

export function toModelMetricJson(model_id: string, row: ModelMetricRow): ModelMetricJson {
  return {
    ...toMetricJson(row),
    model_id,
    ...(row.dataset_name !== null && { dataset_name: row.dataset_name }),
    ...(row.dataset_digest !== null && { dataset_digest: row.dataset_digest }),
    run_id: row.run_id,
  };
}
