import type { TaskDb } from "../../platform/sql/index.ts";
import { insertRows, type Insert } from "../insert-rows.ts";
import type { KeyValue } from "../key-value.ts";

/** A table of keys and values; one constant for each. */
export interface PairTable {
  readonly name: string;
  readonly owner: string;
  /** What a pair is called in a difference. */
  readonly what: string;
  readonly insert: Insert;
}

export function pairTable(name: string, owner: string, what: string): PairTable {
  const onConflict = `on conflict (${owner}, key) do update set value = excluded.value`;
  return { name, owner, what, insert: { into: `${name} (${owner}, key, value)`, columns: 3, onConflict } };
}

export interface PutPairs {
  readonly owner: number;
  readonly pairs: readonly (readonly [string, string])[];
  /** `keep`: what is here otherwise stays, and is told. */
  readonly mode: "replace" | "keep";
}

export interface Change {
  readonly changed: boolean;
  readonly differences: readonly string[];
}

/** Keys that are here alone stay in either mode. */
export async function putPairs(db: TaskDb, table: PairTable, { owner, pairs, mode }: PutPairs): Promise<Change> {
  const rows = await db.rows<KeyValue>(`select key, value from ${table.name} where ${table.owner} = ?`, [owner]);
  const here = new Map(rows.map(({ key, value }) => [key, value]));
  const news = [...new Map(pairs)].filter(([key, value]) => here.get(key) !== value);
  const put = mode === "replace" ? news : news.filter(([key]) => !here.has(key));
  await insertRows(
    db,
    table.insert,
    put.flatMap(([key, value]) => [owner, key, value]),
  );
  const kept = mode === "keep" ? news.filter(([key]) => here.has(key)) : [];
  const differences = kept.map(
    ([key, value]) => `${table.what} ${key}: here ${quote(here.get(key)!)}, there ${quote(value)}`,
  );
  return { changed: put.length > 0, differences };
}

export function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 59)}…` : text);
}

/** The columns that are to be otherwise; null where none is. */
export function toChanges<Row extends object>(row: Row, wanted: Partial<Row>): Partial<Row> | null {
  const changed = Object.entries(wanted).filter(([name, value]) => row[name as keyof Row] !== value);
  return changed.length === 0 ? null : (Object.fromEntries(changed) as Partial<Row>);
}
