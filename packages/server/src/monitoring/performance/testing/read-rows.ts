import type { LakeContext } from "../../../platform/lake/index.ts";
import { readColumns, type ColumnKind } from "../read-columns.ts";

/** A task of the tests: a query's columns. */
export function run(
  { sql, kinds }: { readonly sql: string; readonly kinds: readonly ColumnKind[] },
  { db }: LakeContext,
): ReturnType<typeof readColumns> {
  return readColumns(db, sql, kinds);
}
