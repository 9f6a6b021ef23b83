import type { ForeignSqlite } from "@slipway/server";
import { textOf, toPairs, type Fields } from "./fields.ts";
import type { Pairs } from "./source.ts";

/** Rows of a table that old databases may not have; all where `ids` is null. */
export function selectWhere(
  database: ForeignSqlite,
  [table, column]: readonly [table: string, column: string],
  ids: readonly (string | number)[] | null,
): readonly Fields[] {
  if (!database.tables.has(table) || ids?.length === 0) return [];
  if (ids === null) return database.rows(`select * from ${table}`);
  return database.rows(`select * from ${table} where ${column} in (${ids.map(() => "?").join(", ")})`, ids);
}

/** Keys and values of many owners. */
export function pairsByOwner(
  rows: readonly Fields[],
  owner: string,
  { key = "key", value = "value" }: { readonly key?: string; readonly value?: string } = {},
): ReadonlyMap<string, Pairs> {
  const grouped = Map.groupBy(rows, (row) => textOf(row, owner));
  return new Map(
    [...grouped].map(([id, each]) => [id, toPairs(each.map((row) => [textOf(row, key), textOf(row, value)]))]),
  );
}

/** Names are unique in a workspace; the ordinary one is taken. */
export function inDefault(rows: readonly Fields[]): readonly Fields[] {
  return rows.filter((row) => (row["workspace"] ?? "default") === "default");
}
