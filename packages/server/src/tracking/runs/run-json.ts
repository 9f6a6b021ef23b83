import type { TaskDb } from "../../platform/sql/index.ts";
import type { KeyValue } from "../key-value.ts";
import { toMetricJson, type MetricJson, type PointRow } from "../metrics/point.ts";
import { toRunInfo, type RunInfoJson, type RunRow } from "./run.ts";

export interface DatasetJson {
  readonly name: string;
  readonly digest: string;
  readonly source_type: string;
  readonly source: string;
  readonly schema?: string;
  readonly profile?: string;
}

export interface DatasetInputJson {
  readonly tags?: readonly KeyValue[];
  readonly dataset: DatasetJson;
}

/** As MLflow has it; lists that are empty are left out. */
export interface RunJson {
  readonly info: RunInfoJson;
  readonly data: {
    readonly metrics?: readonly MetricJson[];
    readonly params?: readonly KeyValue[];
    readonly tags?: readonly KeyValue[];
  };
  readonly inputs: {
    readonly dataset_inputs?: readonly DatasetInputJson[];
    readonly model_inputs?: readonly { readonly model_id: string }[];
  };
  readonly outputs?: { readonly model_outputs?: readonly { readonly model_id: string; readonly step: number }[] };
}

/** A run with everything that was logged to it but the history of its metrics. */
export async function renderRun(db: TaskDb, row: RunRow): Promise<RunJson> {
  const { n } = row;
  const of = [n];
  const metrics = await db.rows<PointRow>(
    "select key, value, is_nan, timestamp, step from latest_metrics where run_n = ? order by key",
    of,
  );
  const params = await db.rows<KeyValue>("select key, value from params where run_n = ? order by key", of);
  const tags = await db.rows<KeyValue>("select key, value from run_tags where run_n = ? order by key", of);
  const datasets = await renderDatasets(db, n);
  const models = await db.rows<{ model_id: string }>(
    "select model_id from run_model_inputs where run_n = ? order by model_id",
    of,
  );
  const outputs = await db.rows<{ model_id: string; step: number }>(
    "select model_id, step from run_outputs where run_n = ? order by step, model_id",
    of,
  );
  return {
    info: toRunInfo(row),
    data: {
      ...(metrics.length > 0 && { metrics: metrics.map(toMetricJson) }),
      ...(params.length > 0 && { params }),
      ...(tags.length > 0 && { tags }),
    },
    inputs: {
      ...(datasets.length > 0 && { dataset_inputs: datasets }),
      ...(models.length > 0 && { model_inputs: models }),
    },
    outputs: outputs.length > 0 ? { model_outputs: outputs } : {},
  };
}

interface DatasetRow {
  readonly n: number;
  readonly name: string;
  readonly digest: string;
  readonly source_type: string;
  readonly source: string;
  readonly schema: string | null;
  readonly profile: string | null;
}

async function renderDatasets(db: TaskDb, run: number): Promise<readonly DatasetInputJson[]> {
  const rows = await db.rows<DatasetRow>(
    `select d.n, d.name, d.digest, d.source_type, d.source, d.schema, d.profile
      from run_inputs i join datasets d on d.n = i.dataset_n where i.run_n = ? order by i.position, d.n`,
    [run],
  );
  if (rows.length === 0) return [];
  const tags = await db.rows<KeyValue & { readonly dataset_n: number }>(
    "select dataset_n, key, value from run_input_tags where run_n = ? order by dataset_n, key",
    [run],
  );
  const tagsOf = Map.groupBy(tags, (tag) => tag.dataset_n);
  return rows.map(({ n, schema, profile, ...dataset }) => {
    const own = (tagsOf.get(n) ?? []).map(({ key, value }) => ({ key, value }));
    return {
      ...(own.length > 0 && { tags: own }),
      dataset: { ...dataset, ...(schema !== null && { schema }), ...(profile !== null && { profile }) },
    };
  });
}
