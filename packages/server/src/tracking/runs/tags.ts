import { SlipwayError } from "@slipway/contract/errors";
import type { TaskDb } from "../../platform/sql/index.ts";
import { insertRows, type Insert } from "../insert-rows.ts";
import type { KeyValue } from "../key-value.ts";
import { requireActiveRun } from "./run.ts";

const insertTags: Insert = {
  into: "run_tags (run_n, key, value)",
  columns: 3,
  onConflict: "on conflict (run_n, key) do update set value = excluded.value",
};

/** The last of several with one key counts. The tag of the run's name names the run. */
export async function putTags(db: TaskDb, run: number, tags: readonly KeyValue[]): Promise<void> {
  const values = new Map(tags.map(({ key, value }) => [key, value]));
  const name = values.get("mlflow.runName");
  // MLflow leaves a run its name rather than take it away.
  if (name === "") values.delete("mlflow.runName");
  else if (name !== undefined) await db.change("update runs set name = ? where n = ?", [name, run]);
  await insertRows(db, insertTags, Array.from(values, ([key, value]) => [run, key, value]).flat());
}

export interface TagRemoval {
  readonly id: string;
  readonly key: string;
}

export async function deleteRunTag(db: TaskDb, { id, key }: TagRemoval): Promise<void> {
  const { n } = await requireActiveRun(db, id);
  const touched = await db.change("delete from run_tags where run_n = ? and key = ?", [n, key]);
  if (touched === 0) throw new SlipwayError("not_found", `No tag with name: ${key} in run with id ${id}`, { key });
}

export interface HistoryEntry {
  readonly id: string;
  /** JSON of what the tag keeps of a model. */
  readonly entry: string;
}

const historyKey = "mlflow.log-model.history";

/** Adds to the list of models that clients before 3.0 keep in a tag of the run. The same model again changes nothing. */
export async function recordLoggedModel(db: TaskDb, { id, entry }: HistoryEntry): Promise<void> {
  const { n } = await requireActiveRun(db, id);
  const [tag] = await db.rows<{ value: string }>("select value from run_tags where run_n = ? and key = ?", [
    n,
    historyKey,
  ]);
  const entries = tag === undefined ? [] : parseHistory(tag.value);
  if (entries.some((each) => JSON.stringify(each) === entry)) return;
  await putTags(db, n, [{ key: historyKey, value: JSON.stringify([...entries, JSON.parse(entry) as unknown]) }]);
}

function parseHistory(value: string): readonly unknown[] {
  try {
    const entries: unknown = JSON.parse(value);
    if (Array.isArray(entries)) return entries;
  } catch {
    // A tag can be set to anything.
  }
  return [];
}
