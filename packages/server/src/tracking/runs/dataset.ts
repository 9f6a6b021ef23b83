import type { TaskDb } from "../../platform/sql/index.ts";
import { takeNumbers } from "../counters.ts";

export interface Dataset {
  readonly name: string;
  readonly digest: string;
  readonly source_type: string;
  readonly source: string;
  readonly schema?: string | null;
  readonly profile?: string | null;
}

/** The number of a dataset, which is what its name and digest say, once in an experiment. */
export async function requireDataset(db: TaskDb, experimentId: number, dataset: Dataset): Promise<number> {
  const { name, digest, source_type, source, schema = null, profile = null } = dataset;
  const [found] = await db.rows<{ n: number }>(
    "select n from datasets where experiment_id = ? and name = ? and digest = ?",
    [experimentId, name, digest],
  );
  if (found) return found.n;
  const n = await takeNumbers(db, "dataset");
  await db.change(
    `insert into datasets (n, experiment_id, name, digest, source_type, source, schema, profile)
      values (?, ?, ?, ?, ?, ?, ?, ?)`,
    [n, experimentId, name, digest, source_type, source, schema, profile],
  );
  return n;
}
