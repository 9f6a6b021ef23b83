import { SlipwayError } from "@slipway/contract/errors";
import type { TaskDb } from "../../platform/sql/index.ts";
import { takeNumbers } from "../counters.ts";
import { requireActiveExperiment, requireExperiment } from "../experiments/experiment.ts";
import { insertRows, type Insert } from "../insert-rows.ts";
import type { KeyValue } from "../key-value.ts";
import type { RequestMark } from "../requests.ts";
import { addVersion } from "./versions-tag.ts";
import {
  loggedModelColumns,
  noLoggedModel,
  renderLoggedModel,
  requireLoggedModel,
  type LoggedModelJson,
  type LoggedModelStatus,
} from "./logged-model.ts";

export interface NewLoggedModel {
  /** `m-` and 32 hexadecimal digits. */
  readonly id: string;
  readonly experiment: number;
  readonly name: string;
  readonly modelType: string;
  readonly sourceRunId: string;
  readonly params: readonly KeyValue[];
  readonly tags: readonly KeyValue[];
  readonly mark: RequestMark;
  readonly now: number;
}

/** The model, or the one that the same request made before. */
export async function createLoggedModel(db: TaskDb, model: NewLoggedModel): Promise<LoggedModelJson> {
  const experiment = await requireExperiment(db, model.experiment);
  requireActiveExperiment(experiment);
  const made = await findRepeated(db, model);
  if (made !== null) return render(db, made);
  const { id, name, modelType, sourceRunId, mark, now } = model;
  const n = await takeNumbers(db, "model");
  const uri = `${experiment.artifact_location.replace(/\/$/, "")}/models/${id}/artifacts`;
  await db.change(
    `insert into logged_models (${loggedModelColumns}, request, instance)
      values (?, ?, ?, ?, ?, 'LOGGED_MODEL_PENDING', null, ?, ?, ?, ?, 'active', ?, ?)`,
    [n, id, experiment.id, name, uri, modelType, sourceRunId, now, now, mark.request, mark.instance],
  );
  await putParams(db, n, model.params);
  await putTags(db, n, model.tags);
  return render(db, id);
}

async function findRepeated(db: TaskDb, { experiment, mark }: NewLoggedModel): Promise<string | null> {
  const rows = await db.rows<{ id: string; request: string; instance: string }>(
    `select id, request, instance from logged_models where experiment_id = ? and lifecycle = 'active'
      and creation_time >= ? and status = 'LOGGED_MODEL_PENDING'`,
    [experiment, mark.since],
  );
  const same = rows.find(
    ({ request, instance }) => request === mark.request && (mark.isRepeated || instance !== mark.instance),
  );
  return same?.id ?? null;
}

async function render(db: TaskDb, id: string): Promise<LoggedModelJson> {
  return renderLoggedModel(db, await requireLoggedModel(db, id));
}

export async function getLoggedModel(
  db: TaskDb,
  { id, deletedToo }: { readonly id: string; readonly deletedToo: boolean },
): Promise<LoggedModelJson> {
  const row = await requireLoggedModel(db, id);
  if (row.lifecycle === "deleted" && !deletedToo) throw noLoggedModel(id);
  return renderLoggedModel(db, row);
}

export interface StatusChange {
  readonly id: string;
  readonly status: LoggedModelStatus;
  readonly now: number;
}

export async function finishLoggedModel(db: TaskDb, { id, status, now }: StatusChange): Promise<LoggedModelJson> {
  const { n } = await requireLoggedModel(db, id);
  await db.change("update logged_models set status = ?, last_updated_time = ? where n = ?", [status, now, n]);
  return render(db, id);
}

/** It keeps its place and its files until they are collected. */
export async function deleteLoggedModel(
  db: TaskDb,
  { id, now }: { readonly id: string; readonly now: number },
): Promise<void> {
  const { n } = await requireLoggedModel(db, id);
  await db.change(
    "update logged_models set lifecycle = 'deleted', deleted_at = coalesce(deleted_at, ?), last_updated_time = ? where n = ?",
    [now, now, n],
  );
}

export interface ModelPairs {
  readonly id: string;
  readonly pairs: readonly KeyValue[];
}

export async function setLoggedModelTags(db: TaskDb, { id, pairs }: ModelPairs): Promise<void> {
  await putTags(db, (await requireLoggedModel(db, id)).n, pairs);
}

/** A param has one value for ever; the same again is no change. */
export async function logLoggedModelParams(db: TaskDb, { id, pairs }: ModelPairs): Promise<void> {
  const { n } = await requireLoggedModel(db, id);
  const rows = await db.rows<KeyValue>("select key, value from logged_model_params where model_n = ?", [n]);
  const known = new Map(rows.map(({ key, value }) => [key, value]));
  for (const { key, value } of pairs)
    if (known.has(key) && known.get(key) !== value)
      throw new SlipwayError(
        "invalid_request",
        `Changing param values is not allowed. Param with key='${key}' was already logged with value='${known.get(key)}' ` +
          `for model ID='${id}'. Attempted logging new value '${value}'.`,
        { key },
      );
  await putParams(db, n, pairs);
}

export async function deleteLoggedModelTag(
  db: TaskDb,
  { id, key }: { readonly id: string; readonly key: string },
): Promise<void> {
  const { n } = await requireLoggedModel(db, id);
  const touched = await db.change("delete from logged_model_tags where model_n = ? and key = ?", [n, key]);
  if (touched === 0)
    throw new SlipwayError("not_found", `No tag with key '${key}' found for model with ID '${id}'.`, { key });
}

export interface MadeVersion {
  readonly id: string;
  readonly name: string;
  readonly version: number;
}

const versionsTag = "mlflow.modelVersions";

/** Notes on a logged model that a version of a registered model was made of it, as MLflow's clients read it. */
export async function noteModelVersion(db: TaskDb, { id, name, version }: MadeVersion): Promise<void> {
  const { n } = await requireLoggedModel(db, id);
  const [tag] = await db.rows<KeyValue>("select key, value from logged_model_tags where model_n = ? and key = ?", [
    n,
    versionsTag,
  ]);
  const value = addVersion(tag?.value, { name, version });
  await putTags(db, n, [{ key: versionsTag, value }]);
}

const insertParams: Insert = {
  into: "logged_model_params (model_n, key, value)",
  columns: 3,
  onConflict: "on conflict do nothing",
};

const insertTags: Insert = {
  into: "logged_model_tags (model_n, key, value)",
  columns: 3,
  onConflict: "on conflict (model_n, key) do update set value = excluded.value",
};

async function putParams(db: TaskDb, n: number, pairs: readonly KeyValue[]): Promise<void> {
  await insertRows(db, insertParams, toRows(n, pairs));
}

async function putTags(db: TaskDb, n: number, pairs: readonly KeyValue[]): Promise<void> {
  await insertRows(db, insertTags, toRows(n, pairs));
}

/** The last of several with one key counts. */
function toRows(n: number, pairs: readonly KeyValue[]): (string | number)[] {
  return Array.from(new Map(pairs.map(({ key, value }) => [key, value])), ([key, value]) => [n, key, value]).flat();
}
