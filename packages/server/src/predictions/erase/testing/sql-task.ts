import { type LakeContext, quoteText } from "../../../platform/lake/index.ts";

/** A task of the tests: writes queries as Parquet files, or answers one. */
export async function run(
  { files, query }: { readonly files?: Readonly<Record<string, string>>; readonly query?: string },
  { db }: LakeContext,
): Promise<unknown> {
  for (const [path, sql] of Object.entries(files ?? {}))
    await db.exec(`copy (${sql}) to ${quoteText(path)} (format parquet)`);
  return query === undefined ? null : db.rows(query);
}
