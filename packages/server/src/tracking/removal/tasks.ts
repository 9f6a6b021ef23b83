import type { TaskDb } from "../../platform/sql/index.ts";

/** Something that was deleted long enough ago. */
export interface Deleted {
  readonly n: number;
  readonly id: string;
  readonly uri: string;
  readonly experiment: number;
}

export interface DeletedExperiment {
  readonly id: number;
  readonly name: string;
}

export interface AllDeleted {
  readonly experiments: readonly DeletedExperiment[];
  readonly runs: readonly Deleted[];
  /** Of a deleted experiment also those that nobody deleted. */
  readonly models: readonly Deleted[];
}

const oldExperiments = "select id from experiments where lifecycle = 'deleted' and deleted_at < ?";
const columns = "n, id, artifact_uri as uri, experiment_id as experiment";

export async function listDeleted(db: TaskDb, { before }: { readonly before: number }): Promise<AllDeleted> {
  return {
    experiments: await db.rows<DeletedExperiment>(
      "select id, name from experiments where lifecycle = 'deleted' and deleted_at < ? order by id",
      [before],
    ),
    runs: await db.rows<Deleted>(
      `select ${columns} from runs where lifecycle = 'deleted' and deleted_at < ? order by n`,
      [before],
    ),
    models: await db.rows<Deleted>(
      `select ${columns} from logged_models
        where (lifecycle = 'deleted' and deleted_at < ?) or experiment_id in (${oldExperiments}) order by n`,
      [before, before],
    ),
  };
}

/** Files that went, or would. */
export interface RemovedFiles {
  readonly files: number;
  readonly bytes: number;
}

export interface Removed extends RemovedFiles {
  readonly ids: readonly string[];
}

/** With the folder of its files; null: they are in a store of their own. */
export interface ToRemove {
  readonly n: number;
  readonly folder: string | null;
}

interface Order {
  readonly all: readonly ToRemove[];
  readonly before: number;
}

const runTables = [
  "latest_metrics",
  "params",
  "run_tags",
  "run_inputs",
  "run_input_tags",
  "run_model_inputs",
  "run_outputs",
];

/**
 * With all that was logged to them, but for their points: those may be millions, are nobody's from now on, and go a few at a
 * time. Who was restored meanwhile stays.
 */
export async function removeRuns(db: TaskDb, { all, before }: Order): Promise<Removed> {
  const ids: string[] = [];
  let [files, bytes] = [0, 0];
  for (const { n, folder } of all) {
    const [run] = await db.rows<{ id: string }>(
      "delete from runs where n = ? and lifecycle = 'deleted' and deleted_at < ? returning id",
      [n, before],
    );
    if (run === undefined) continue;
    await removeMetricsOfModels(db, n, run.id);
    await db.change("insert into removed_series (n) select n from latest_metrics where run_n = ?", [n]);
    for (const table of runTables) await db.change(`delete from ${table} where run_n = ?`, [n]);
    const gone = await removeFolder(db, folder);
    ids.push(run.id);
    [files, bytes] = [files + gone.files, bytes + gone.bytes];
  }
  return { ids, files, bytes };
}

/** Metrics that a run gave to logged models: to those that it made or used. */
async function removeMetricsOfModels(db: TaskDb, n: number, id: string): Promise<void> {
  await db.change(
    `delete from logged_model_metrics where run_n = ? and model_n in (
      select n from logged_models where source_run_id = ?
      union select n from logged_models where id in (select model_id from run_model_inputs where run_n = ?)
      union select n from logged_models where id in (select model_id from run_outputs where run_n = ?))`,
    [n, id, n, n],
  );
}

const modelTables = ["logged_model_params", "logged_model_tags", "logged_model_metrics"];

export async function removeLoggedModels(db: TaskDb, { all, before }: Order): Promise<Removed> {
  const ids: string[] = [];
  let [files, bytes] = [0, 0];
  for (const { n, folder } of all) {
    const [model] = await db.rows<{ id: string }>(
      `delete from logged_models where n = ? and
        ((lifecycle = 'deleted' and deleted_at < ?) or experiment_id in (${oldExperiments})) returning id`,
      [n, before, before],
    );
    if (model === undefined) continue;
    for (const table of modelTables) await db.change(`delete from ${table} where model_n = ?`, [n]);
    const gone = await removeFolder(db, folder);
    ids.push(model.id);
    [files, bytes] = [files + gone.files, bytes + gone.bytes];
  }
  return { ids, files, bytes };
}

/** False where something is still in it, or it was restored. */
export async function removeExperiment(
  db: TaskDb,
  { id, before }: { readonly id: number; readonly before: number },
): Promise<boolean> {
  for (const table of ["runs", "logged_models"])
    if ((await db.rows(`select n from ${table} where experiment_id = ? limit 1`, [id])).length > 0) return false;
  const isOld = "id = ? and lifecycle = 'deleted' and deleted_at < ?";
  if ((await db.rows(`select id from experiments where ${isOld}`, [id, before])).length === 0) return false;
  for (const table of ["datasets", "experiment_tags"])
    await db.change(`delete from ${table} where experiment_id = ?`, [id]);
  await db.change("delete from experiments where id = ?", [id]);
  return true;
}

export async function sumArtifacts(
  db: TaskDb,
  { folders }: { readonly folders: readonly string[] },
): Promise<RemovedFiles> {
  let [files, bytes] = [0, 0];
  for (const folder of folders) {
    const [sum] = await db.rows<RemovedFiles>(
      `select count(*) as files, cast(coalesce(sum(size), 0) as bigint) as bytes from artifacts where ${inFolder}`,
      placesOf(folder),
    );
    [files, bytes] = [files + sum!.files, bytes + sum!.bytes];
  }
  return { files, bytes };
}

const inFolder = "folder = ? or (folder >= ? and folder < ?)";
const placesOf = (folder: string) => [folder, `${folder}/`, `${folder}0`];

/** The root is everybody's. */
async function removeFolder(db: TaskDb, folder: string | null): Promise<RemovedFiles> {
  if (folder === null || folder === "") return { files: 0, bytes: 0 };
  const sum = await sumArtifacts(db, { folders: [folder] });
  if (sum.files > 0) await db.change(`delete from artifacts where ${inFolder}`, placesOf(folder));
  return sum;
}

/** So many points of runs that are gone, or a few more where many have one time. @returns false where there are no more */
export async function removePoints(db: TaskDb, { most }: { readonly most: number }): Promise<boolean> {
  const waiting = await db.rows<{ n: number }>("select n from removed_series order by n limit ?", [most]);
  let left = most;
  for (const { n } of waiting) {
    // A series of which nothing is left counts, too.
    left -= 1 + (await removePointsOf(db, n, left));
    if (left <= 0) break;
  }
  return waiting.length > 0;
}

/** @returns how many points it removed */
async function removePointsOf(db: TaskDb, n: number, most: number): Promise<number> {
  const [last] = await db.rows<{ timestamp: number }>(
    "select timestamp from metrics where series_n = ? order by timestamp limit 1 offset ?",
    [n, most],
  );
  if (last !== undefined)
    return db.change("delete from metrics where series_n = ? and timestamp <= ?", [n, last.timestamp]);
  const removed = await db.change("delete from metrics where series_n = ?", [n]);
  await db.change("delete from removed_series where n = ?", [n]);
  return removed;
}

export interface RunsMove {
  readonly ids: readonly string[];
  readonly to: "active" | "deleted";
  readonly now: number;
}

/** Runs that are not there, or there already, are left alone. @returns the ids of those that moved */
export async function moveRuns(db: TaskDb, { ids, to, now }: RunsMove): Promise<readonly string[]> {
  const moved: string[] = [];
  for (const id of ids) {
    const touched = await db.change("update runs set lifecycle = ?, deleted_at = ? where id = ? and lifecycle <> ?", [
      to,
      to === "deleted" ? now : null,
      id,
      to,
    ]);
    if (touched > 0) moved.push(id);
  }
  return moved;
}

/** Which of these runs could be moved, and which there are not. */
export async function sortRuns(
  db: TaskDb,
  { ids, to }: Pick<RunsMove, "ids" | "to">,
): Promise<{ readonly movable: readonly string[]; readonly unknown: readonly string[] }> {
  const [movable, unknown]: [string[], string[]] = [[], []];
  for (const id of ids) {
    const [run] = await db.rows<{ lifecycle: string }>("select lifecycle from runs where id = ?", [id]);
    if (run === undefined) unknown.push(id);
    else if (run.lifecycle !== to) movable.push(id);
  }
  return { movable, unknown };
}
