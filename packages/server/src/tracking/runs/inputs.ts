import type { TaskDb } from "../../platform/sql/index.ts";
import { insertRows, type Insert } from "../insert-rows.ts";
import type { KeyValue } from "../key-value.ts";
import { requireDataset } from "./dataset.ts";
import type { DatasetJson } from "./run-json.ts";
import { requireActiveRun } from "./run.ts";

export interface DatasetInput {
  readonly dataset: DatasetJson;
  readonly tags: readonly KeyValue[];
}

export interface RunInputs {
  readonly id: string;
  readonly datasets: readonly DatasetInput[];
  readonly models: readonly string[];
}

const insertTags: Insert = {
  into: "run_input_tags (run_n, dataset_n, key, value)",
  columns: 4,
  onConflict: "on conflict do nothing",
};

const insertModels: Insert = {
  into: "run_model_inputs (run_n, model_id)",
  columns: 2,
  onConflict: "on conflict do nothing",
};

/** A dataset that is an input of the run already stays as it was. */
export async function logInputs(db: TaskDb, { id, datasets, models }: RunInputs): Promise<void> {
  const run = await requireActiveRun(db, id);
  for (const { dataset, tags } of datasets) {
    const number = await requireDataset(db, run.experiment_id, dataset);
    const added = await db.change(
      `insert into run_inputs (run_n, dataset_n, position)
        select ?, ?, count(*) from run_inputs where run_n = ? on conflict do nothing`,
      [run.n, number, run.n],
    );
    if (added === 0) continue;
    const values = new Map(tags.map(({ key, value }) => [key, value]));
    await insertRows(db, insertTags, Array.from(values, ([key, value]) => [run.n, number, key, value]).flat());
  }
  await insertRows(
    db,
    insertModels,
    models.flatMap((model) => [run.n, model]),
  );
}

export interface ModelOutput {
  readonly modelId: string;
  readonly step: number;
}

const insertOutputs: Insert = {
  into: "run_outputs (run_n, model_id, step)",
  columns: 3,
  onConflict: "on conflict do nothing",
};

export interface RunOutputs {
  readonly id: string;
  readonly models: readonly ModelOutput[];
}

export async function logOutputs(db: TaskDb, { id, models }: RunOutputs): Promise<void> {
  const { n } = await requireActiveRun(db, id);
  await insertRows(
    db,
    insertOutputs,
    models.flatMap(({ modelId, step }) => [n, modelId, step]),
  );
}
