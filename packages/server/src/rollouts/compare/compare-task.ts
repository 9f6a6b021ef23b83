/** What the process of the lake does for a comparison: finds labels, and tells the two versions apart. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { LakeContext } from "../../platform/lake/index.ts";
import type { LakeDb } from "../../platform/lake/lake-db.ts";
import { quoteText } from "../../platform/lake/quote.ts";
import { analyse, latencyOf, type Analysis, type AnalyseOptions, type Latency } from "./analyse.ts";
import { readPairs, type Failure } from "./read-pairs.ts";
import type { Pairs } from "./pairs.ts";

export interface CompareJob extends AnalyseOptions {
  /** Of the pairs. */
  readonly path: string;
  /** The rows are predictions: their labels are those of the views. */
  readonly labels: boolean;
}

export interface Compared extends Analysis {
  readonly failed: { readonly a: number; readonly b: number };
  readonly failures: readonly Failure[];
  readonly latency: { readonly a: Latency | null; readonly b: Latency | null };
}

export async function run(
  job: CompareJob,
  { db, paths = [] }: LakeContext & { readonly paths?: readonly string[] },
): Promise<Compared> {
  const { pairs, failed, failures, ms } = readPairs(job.path);
  const labelled = job.labels ? { ...pairs, truth: await findLabels(db, pairs, paths) } : pairs;
  const latency = { a: latencyOf(ms.a), b: latencyOf(ms.b) };
  return { ...analyse(labelled, job), failed, failures, latency };
}

async function findLabels(db: LakeDb, { names }: Pairs, paths: readonly string[]): Promise<(string | null)[]> {
  const path = join(db.folder, "wanted.jsonl");
  const rows = names.map((name) => {
    const [id = "", row = "0"] = name.split("/");
    return { id, row: Number(row) };
  });
  writeFileSync(path, rows.map((row) => JSON.stringify(row)).join("\n"));
  await db.lock([...paths, path]);
  if (rows.length === 0) return [];
  const found = await db.rows(`select w.id::varchar as id, w."row" as "row", l."value"::varchar as "value"
    from read_json(${quoteText(path)}, format = 'newline_delimited', columns = {id: 'UUID', "row": 'BIGINT'}) w
    join labels l on l.id = w.id and l."row" = w."row"`);
  const values = new Map(found.map(({ id, row, value }) => [`${String(id)}/${String(row)}`, value]));
  return rows.map(({ id, row }) => {
    const value = values.get(`${id}/${row}`);
    return value === undefined || value === null ? null : String(value);
  });
}
