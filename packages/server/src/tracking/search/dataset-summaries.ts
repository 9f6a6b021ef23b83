import type { TaskDb } from "../../platform/sql/index.ts";
import { list } from "../filter/fragment.ts";

export interface DatasetSummary {
  readonly experiment_id: string;
  readonly name: string;
  readonly digest: string;
  readonly context?: string;
}

/** As many as MLflow gives. */
const most = 1000;

/** The datasets that runs of these experiments read, each once for each context. */
export async function listDatasetSummaries(
  db: TaskDb,
  { experimentIds }: { readonly experimentIds: readonly number[] },
): Promise<readonly DatasetSummary[]> {
  const { text, values } = list(experimentIds);
  const rows = await db.rows<{ experiment_id: number; name: string; digest: string; context: string | null }>(
    `select distinct d.experiment_id, d.name, d.digest, t.value as context
      from datasets d join run_inputs i on i.dataset_n = d.n
      left join run_input_tags t
        on t.run_n = i.run_n and t.dataset_n = i.dataset_n and t.key = 'mlflow.data.context'
      where d.experiment_id in ${text} order by d.experiment_id, d.name, d.digest, t.value limit ${most}`,
    values,
  );
  return rows.map(({ experiment_id, name, digest, context }) => ({
    experiment_id: String(experiment_id),
    name,
    digest,
    ...(context !== null && { context }),
  }));
}
