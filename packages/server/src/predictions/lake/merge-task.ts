import type { LakeContext } from "../../platform/lake/lake-main.ts";
import { quoteText } from "../../platform/lake/quote.ts";
import { parquetOptions, syncFile } from "./parquet-file.ts";

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
  const rows = await db.exec(
    `COPY (SELECT * FROM read_parquet([${list}])) TO ${quoteText(tempPath)} (${parquetOptions})`,
  );
  return { rows, bytes: syncFile(tempPath) };
}
