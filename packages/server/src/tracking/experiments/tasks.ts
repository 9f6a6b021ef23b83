import { SlipwayError } from "@slipway/contract/errors";
import type { TaskDb } from "../../platform/sql/index.ts";
import { takeNumbers } from "../counters.ts";
import type { KeyValue } from "../key-value.ts";
import type { RequestMark } from "../requests.ts";
import {
  experimentColumns,
  requireActiveExperiment,
  requireExperiment,
  toExperimentJson,
  type ExperimentJson,
  type ExperimentRow,
  type Lifecycle,
} from "./experiment.ts";

export interface NewExperiment {
  readonly name: string;
  /** Null: below this server's own root. */
  readonly artifactLocation: string | null;
  readonly tags: readonly KeyValue[];
  readonly mark: RequestMark;
  readonly now: number;
}

/** @returns the id */
export async function createExperiment(db: TaskDb, given: NewExperiment): Promise<number> {
  const { name, mark, now } = given;
  const [taken] = await db.rows<{ id: number; request: string; instance: string; creation_time: number }>(
    "select id, request, instance, creation_time from experiments where name = ? and lifecycle = 'active'",
    [name],
  );
  if (taken) {
    const isSame = taken.request === mark.request && taken.creation_time >= mark.since;
    if (isSame && (mark.isRepeated || taken.instance !== mark.instance)) return taken.id;
    throw nameTaken(name);
  }
  const id = await takeNumbers(db, "experiment");
  await db.change(
    `insert into experiments (${experimentColumns}, request, instance) values (?, ?, ?, 'active', ?, ?, ?, ?)`,
    [id, name, given.artifactLocation ?? `mlflow-artifacts:/${id}`, now, now, mark.request, mark.instance],
  );
  for (const { key, value } of given.tags) await putTag(db, { id, key, value });
  return id;
}

function nameTaken(name: string): SlipwayError {
  return new SlipwayError("already_exists", `Experiment(name=${name}) already exists.`, { name });
}

/** Deleted ones too. */
export async function getExperiment(db: TaskDb, { id }: { readonly id: number }): Promise<ExperimentJson> {
  return render(db, await requireExperiment(db, id));
}

/** The active one of this name, else the one that was deleted last. */
export async function findExperiment(db: TaskDb, { name }: { readonly name: string }): Promise<ExperimentJson | null> {
  const [row] = await db.rows<ExperimentRow>(
    `select ${experimentColumns} from experiments where name = ? order by lifecycle, deleted_at desc limit 1`,
    [name],
  );
  return row === undefined ? null : render(db, row);
}

async function render(db: TaskDb, row: ExperimentRow): Promise<ExperimentJson> {
  const tags = await db.rows<KeyValue>("select key, value from experiment_tags where experiment_id = ? order by key", [
    row.id,
  ]);
  return toExperimentJson(row, tags);
}

export interface LifecycleChange {
  readonly id: number;
  readonly to: Lifecycle;
  readonly now: number;
}

/** Its runs go with it. */
export async function moveExperiment(db: TaskDb, { id, to, now }: LifecycleChange): Promise<void> {
  const { name } = await requireExperiment(db, id, to === "active" ? "deleted" : "active");
  if (to === "active") await requireFreeName(db, { id, name });
  const deletedAt = to === "deleted" ? now : null;
  await db.change("update experiments set lifecycle = ?, deleted_at = ?, last_update_time = ? where id = ?", [
    to,
    deletedAt,
    now,
    id,
  ]);
  await db.change("update runs set lifecycle = ?, deleted_at = ? where experiment_id = ?", [to, deletedAt, id]);
}

export async function renameExperiment(
  db: TaskDb,
  { id, name, now }: { readonly id: number; readonly name: string; readonly now: number },
): Promise<void> {
  const { lifecycle } = await requireExperiment(db, id);
  if (lifecycle !== "active") throw new SlipwayError("precondition_failed", "Cannot rename a non-active experiment.");
  await requireFreeName(db, { id, name });
  await db.change("update experiments set name = ?, last_update_time = ? where id = ?", [name, now, id]);
}

async function requireFreeName(
  db: TaskDb,
  { id, name }: { readonly id: number; readonly name: string },
): Promise<void> {
  const others = await db.rows("select id from experiments where name = ? and lifecycle = 'active' and id <> ?", [
    name,
    id,
  ]);
  if (others.length > 0) throw nameTaken(name);
}

export interface ExperimentTag extends KeyValue {
  readonly id: number;
}

export async function setExperimentTag(db: TaskDb, tag: ExperimentTag): Promise<void> {
  requireActiveExperiment(await requireExperiment(db, tag.id));
  await putTag(db, tag);
}

async function putTag(db: TaskDb, { id, key, value }: ExperimentTag): Promise<void> {
  await db.change(
    `insert into experiment_tags (experiment_id, key, value) values (?, ?, ?)
      on conflict (experiment_id, key) do update set value = excluded.value`,
    [id, key, value],
  );
}

export async function deleteExperimentTag(
  db: TaskDb,
  { id, key }: { readonly id: number; readonly key: string },
): Promise<void> {
  requireActiveExperiment(await requireExperiment(db, id));
  const touched = await db.change("delete from experiment_tags where experiment_id = ? and key = ?", [id, key]);
  if (touched === 0)
    throw new SlipwayError("not_found", `No tag with name: ${key} in experiment with id ${id}`, { key });
}
