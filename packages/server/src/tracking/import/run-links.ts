import type { ImportedRun } from "@slipway/contract";
import type { TaskDb } from "../../platform/sql/index.ts";
import { insertRows, type Insert } from "../insert-rows.ts";
import { requireDataset } from "../runs/dataset.ts";
import type { Change } from "./put-pairs.ts";

interface Owner {
  readonly n: number;
  readonly experimentId: number;
}

/** The datasets and models that a run has read, and the models that it made. */
export async function putRunLinks(db: TaskDb, owner: Owner, given: ImportedRun): Promise<Change> {
  const changed = [
    await putDatasets(db, owner, given.datasets),
    await putModelInputs(db, owner.n, given.model_inputs),
    await putModelOutputs(db, owner.n, given.model_outputs),
  ];
  return { changed: changed.some(Boolean), differences: [] };
}

type Dataset = ImportedRun["datasets"][number];

const insertInput: Insert = {
  into: "run_inputs (run_n, dataset_n, position)",
  columns: 3,
  onConflict: "on conflict do nothing",
};
const insertInputTag: Insert = {
  into: "run_input_tags (run_n, dataset_n, key, value)",
  columns: 4,
  onConflict: "on conflict (run_n, dataset_n, key) do update set value = excluded.value",
};

async function putDatasets(db: TaskDb, { n, experimentId }: Owner, datasets: readonly Dataset[]): Promise<boolean> {
  if (datasets.length === 0) return false;
  const rows = await db.rows<{ dataset_n: number }>("select dataset_n from run_inputs where run_n = ?", [n]);
  const here = new Set(rows.map((row) => row.dataset_n));
  let changed = false;
  for (const dataset of datasets) {
    const number = await requireDataset(db, experimentId, dataset);
    const known = await db.rows<{ key: string; value: string }>(
      "select key, value from run_input_tags where run_n = ? and dataset_n = ?",
      [n, number],
    );
    const tags = new Map(known.map(({ key, value }) => [key, value]));
    const news = [...new Map(dataset.tags)].filter(([key, value]) => tags.get(key) !== value);
    if (here.has(number) && news.length === 0) continue;
    changed = true;
    if (!here.has(number)) await insertRows(db, insertInput, [n, number, here.size]);
    here.add(number);
    await insertRows(
      db,
      insertInputTag,
      news.flatMap(([key, value]) => [n, number, key, value]),
    );
  }
  return changed;
}

async function putModelInputs(db: TaskDb, n: number, models: readonly string[]): Promise<boolean> {
  let added = 0;
  for (const model of models)
    added += await db.change("insert into run_model_inputs (run_n, model_id) values (?, ?) on conflict do nothing", [
      n,
      model,
    ]);
  return added > 0;
}

async function putModelOutputs(db: TaskDb, n: number, models: ImportedRun["model_outputs"]): Promise<boolean> {
  if (models.length === 0) return false;
  const rows = await db.rows<{ model_id: string; step: number }>(
    "select model_id, step from run_outputs where run_n = ?",
    [n],
  );
  const here = new Map(rows.map((row) => [row.model_id, row.step]));
  const news = models.filter(({ model_id, step }) => here.get(model_id) !== step);
  for (const { model_id, step } of news)
    await db.change(
      `insert into run_outputs (run_n, model_id, step) values (?, ?, ?)
        on conflict (run_n, model_id) do update set step = excluded.step`,
      [n, model_id, step],
    );
  return news.length > 0;
}
