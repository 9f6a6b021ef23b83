import type { ImportedRun, ImportResult, ImportRuns } from "@slipway/contract";
import type { SqlValue, TaskDb } from "../../platform/sql/index.ts";
import { takeNumbers } from "../counters.ts";
import { requireExperiment } from "../experiments/experiment.ts";
import { runColumns, type RunRow } from "../runs/run.ts";
import { pairTable, putPairs, toChanges, type Change } from "./put-pairs.ts";
import { putRunLinks } from "./run-links.ts";

const params = pairTable("params", "run_n", "param");
const tags = pairTable("run_tags", "run_n", "tag");

/** All but the points of their metrics. */
export async function importRuns(db: TaskDb, { runs }: ImportRuns): Promise<ImportResult[]> {
  const results: ImportResult[] = [];
  for (const given of runs) results.push(await importRun(db, given));
  return results;
}

interface StoredRun extends RunRow {
  readonly deleted_at: number | null;
}

async function importRun(db: TaskDb, given: ImportedRun): Promise<ImportResult> {
  const [row] = await db.rows<StoredRun>(`select ${runColumns}, deleted_at from runs where id = ?`, [given.run_id]);
  const n = row?.n ?? (await create(db, given));
  const experimentId = row?.experiment_id ?? Number(given.experiment_id);
  const changes: Change[] = [
    ...(row === undefined ? [] : [await update(db, row, given)]),
    // MLflow's params never change, so one that is here otherwise was logged here.
    await putPairs(db, params, { owner: n, pairs: given.params, mode: "keep" }),
    await putPairs(db, tags, { owner: n, pairs: given.tags, mode: "replace" }),
    await putRunLinks(db, { n, experimentId }, given),
  ];
  const changed = changes.some((change) => change.changed);
  return {
    id: given.run_id,
    outcome: row === undefined ? "created" : changed ? "changed" : "same",
    differences: changes.flatMap((change) => change.differences),
  };
}

function ownPlace({ artifact_uri, experiment_id, run_id }: ImportedRun): string {
  return artifact_uri ?? `mlflow-artifacts:/${experiment_id}/${run_id}/artifacts`;
}

/** What a row says of the run itself. */
function toColumns(given: ImportedRun): Omit<StoredRun, "n" | "id" | "experiment_id" | "artifact_uri"> {
  const { name, user_id, status, start_time, end_time, lifecycle_stage: lifecycle } = given;
  const deleted_at = lifecycle === "deleted" ? (given.deleted_at ?? end_time ?? start_time) : null;
  return { name, user_id, status, start_time, end_time, lifecycle, deleted_at };
}

async function create(db: TaskDb, given: ImportedRun): Promise<number> {
  const { id: experiment } = await requireExperiment(db, Number(given.experiment_id));
  const n = await takeNumbers(db, "run");
  const columns = toColumns(given);
  const names = Object.keys(columns);
  await db.change(
    `insert into runs (n, id, experiment_id, artifact_uri, ${names.join(", ")})
      values (?, ?, ?, ?, ${names.map(() => "?").join(", ")})`,
    [n, given.run_id, experiment, ownPlace(given), ...(Object.values(columns) as SqlValue[])],
  );
  return n;
}

async function update(db: TaskDb, row: StoredRun, given: ImportedRun): Promise<Change> {
  const differences: string[] = [];
  if (String(row.experiment_id) !== given.experiment_id)
    differences.push(`experiment: here ${row.experiment_id}, where it would go ${given.experiment_id}`);
  // Files that were taken over are read here from then on.
  const isHere = row.artifact_uri.startsWith("mlflow-artifacts:");
  const place = isHere || differences.length > 0 ? row.artifact_uri : ownPlace(given);
  const columns = toColumns(given);
  // Not every reader of an old server learns when a run was deleted.
  const isKnown = given.deleted_at === null && columns.lifecycle === "deleted" && row.deleted_at !== null;
  const wanted = { ...columns, artifact_uri: place, ...(isKnown && { deleted_at: row.deleted_at }) };
  const changes = toChanges<StoredRun>(row, wanted);
  if (changes !== null)
    await db.change(
      `update runs set ${Object.keys(changes)
        .map((name) => `${name} = ?`)
        .join(", ")} where n = ?`,
      [...(Object.values(changes) as SqlValue[]), row.n],
    );
  return { changed: changes !== null, differences };
}
