import type { ImportedExperiment, ImportExperiments, ImportExperimentsAnswer } from "@slipway/contract";
import type { SqlValue, TaskDb } from "../../platform/sql/index.ts";
import { takeNumbers } from "../counters.ts";
import { experimentColumns, type ExperimentRow } from "../experiments/experiment.ts";
import { pairTable, putPairs, quote, toChanges, type Change } from "./put-pairs.ts";

const tags = pairTable("experiment_tags", "experiment_id", "tag");

type Result = ImportExperimentsAnswer["experiments"][number];

interface ExperimentsImport extends ImportExperiments {
  readonly now: number;
}

export async function importExperiments(
  db: TaskDb,
  { experiments, dry_run, now }: ExperimentsImport,
): Promise<Result[]> {
  const results: Result[] = [];
  for (const given of experiments) results.push(await importExperiment(db, given, { dryRun: dry_run, now }));
  return results;
}

interface Circumstances {
  readonly dryRun: boolean;
  readonly now: number;
}

async function importExperiment(
  db: TaskDb,
  given: ImportedExperiment,
  { dryRun, now }: Circumstances,
): Promise<Result> {
  const known = given.experiment_id === null ? undefined : await findById(db, Number(given.experiment_id));
  const found = known ?? (await findByName(db, given));
  const answer = { id: given.source_id, experiment_id: found === undefined ? null : String(found.id), differences: [] };
  if (known !== undefined && given.unchanged) return { ...answer, outcome: "same" };
  if (dryRun) return { ...answer, outcome: found === undefined ? "created" : known === undefined ? "same" : "changed" };
  if (found === undefined)
    return { ...answer, experiment_id: String(await create(db, given, now)), outcome: "created" };
  const isOurs = known !== undefined && isImported(known, given);
  const change = isOurs ? await update(db, { row: found, given, now }) : await adopt(db, found, given);
  return { ...answer, outcome: change.changed ? "changed" : "same", differences: [...change.differences] };
}

/** One that was here before by the same name has a time of its own; old servers knew none. */
function isImported({ id, creation_time }: ExperimentRow, given: ImportedExperiment): boolean {
  return given.creation_time === null ? id !== 0 : creation_time === given.creation_time;
}

async function findById(db: TaskDb, id: number): Promise<ExperimentRow | undefined> {
  const [row] = await db.rows<ExperimentRow>(`select ${experimentColumns} from experiments where id = ?`, [id]);
  return row;
}

/** A deleted one of another time is another experiment: names may be used again here. */
async function findByName(
  db: TaskDb,
  { name, lifecycle_stage, creation_time }: ImportedExperiment,
): Promise<ExperimentRow | undefined> {
  const rows = await db.rows<ExperimentRow>(
    `select ${experimentColumns} from experiments where name = ? and lifecycle = ? order by id`,
    [name, lifecycle_stage],
  );
  return lifecycle_stage === "active" ? rows[0] : rows.find((row) => row.creation_time === creation_time);
}

async function create(db: TaskDb, given: ImportedExperiment, now: number): Promise<number> {
  const { name, lifecycle_stage: lifecycle, artifact_location, creation_time, last_update_time } = given;
  const id = await takeNumbers(db, "experiment");
  const createdAt = creation_time ?? last_update_time ?? now;
  const updatedAt = last_update_time ?? createdAt;
  const location = artifact_location ?? `mlflow-artifacts:/${id}`;
  const deletedAt = lifecycle === "deleted" ? updatedAt : null;
  const values = [id, name, location, lifecycle, createdAt, updatedAt, deletedAt];
  await db.change(`insert into experiments (${experimentColumns}, deleted_at) values (?, ?, ?, ?, ?, ?, ?)`, values);
  await putPairs(db, tags, { owner: id, pairs: given.tags, mode: "replace" });
  return id;
}

/** One that was here before is not made over by another's; its name is the same. */
async function adopt(db: TaskDb, { id }: ExperimentRow, given: ImportedExperiment): Promise<Change> {
  return putPairs(db, tags, { owner: id, pairs: given.tags, mode: "keep" });
}

interface Update {
  readonly row: ExperimentRow;
  readonly given: ImportedExperiment;
  readonly now: number;
}

async function update(db: TaskDb, { row, given, now }: Update): Promise<Change> {
  const differences: string[] = [];
  const wanted: Partial<ExperimentRow> = {
    name: given.name,
    lifecycle: given.lifecycle_stage,
    last_update_time: given.last_update_time ?? row.last_update_time,
  };
  const [other] = await db.rows<{ id: number }>(
    "select id from experiments where name = ? and lifecycle = 'active' and id <> ?",
    [given.name, row.id],
  );
  if (other !== undefined && given.lifecycle_stage === "active") {
    differences.push(`name: here ${quote(row.name)}, there ${quote(given.name)}, which another experiment has here`);
    Object.assign(wanted, { name: row.name, lifecycle: row.lifecycle });
  }
  const changes = toChanges(row, wanted);
  if (changes !== null) {
    const names = Object.keys(changes);
    const deletedAt = wanted.lifecycle === "deleted" ? (given.last_update_time ?? now) : null;
    const values = Object.values(changes) as SqlValue[];
    await db.change(
      `update experiments set ${names.map((name) => `${name} = ?`).join(", ")}, deleted_at = ? where id = ?`,
      [...values, deletedAt, row.id],
    );
  }
  const pairs = await putPairs(db, tags, { owner: row.id, pairs: given.tags, mode: "replace" });
  return { changed: changes !== null || pairs.changed, differences: [...differences, ...pairs.differences] };
}
