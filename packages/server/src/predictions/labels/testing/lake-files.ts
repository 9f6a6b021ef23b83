import { quoteText, type LakeContext } from "../../../platform/lake/index.ts";

/** A task of the tests: writes what SQL says as a Parquet file, or answers it. */
export async function run(
  { sql, path, before }: { readonly sql: string; readonly path?: string; readonly before?: string },
  { db }: LakeContext,
): Promise<unknown> {
  if (before !== undefined) await db.exec(before);
  if (path === undefined) return db.rows(sql);
  await db.exec(`copy (${sql}) to ${quoteText(path)} (format parquet)`);
  return null;
}
