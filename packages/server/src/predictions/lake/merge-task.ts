import type { LakeContext } from "../../platform/lake/lake-main.ts";
import { quoteText } from "../../platform/lake/quote.ts";
import { layoutOf, parquetOptions, syncFile } from "./parquet-file.ts";

export interface MergeInput {
  /** Of one partition, in the order of their rows. */
  readonly paths: readonly string[];
  readonly tempPath: string;
}

/** Joins files into one. @returns its bytes and rows */
export async function run(
  { paths, tempPath }: MergeInput,
  { db }: LakeContext,
): Promise<{ bytes: number; rows: number }> {
  const list = paths.map(quoteText).join(", ");
  const all = `SELECT * FROM read_parquet([${list}])`;
  const options = parquetOptions(layoutOf(await db.describe(all)));
  const rows = await db.exec(`COPY (${all}) TO ${quoteText(tempPath)} (${options})`);
  return { rows, bytes: syncFile(tempPath) };
}
