import type { LakeDb } from "../../platform/lake/lake-db.ts";
import { quoteName, quoteText } from "../../platform/lake/quote.ts";
import { readColumns } from "../performance/read-columns.ts";
import type { Column } from "../performance/scored-rows.ts";
import type { ColumnPlan } from "../profiles/index.ts";
import type { ReferenceRows } from "../reference/reference-rows.ts";

/** The sample of a reference: those of the columns that it has, and the times of its rows. */
export function readSample(db: LakeDb, path: string, columns: readonly ColumnPlan[]): Promise<ReferenceRows> {
  return readSome(db, { path, columns, most: null });
}

export interface ReadSome {
  readonly path: string;
  readonly columns: readonly ColumnPlan[];
  /** So many rows by chance, always the same; null: all. */
  readonly most: number | null;
}

export async function readSome(db: LakeDb, { path, columns: plan, most }: ReadSome): Promise<ReferenceRows> {
  const from = `read_parquet(${quoteText(path)})`;
  const there = new Set((await db.describe(`select * from ${from}`)).map(({ name }) => name));
  const columns = plan.filter(({ name }) => there.has(name));
  const hasTimes = there.has("reference_time");
  const list = columns.map(({ name, kind }) => `${quoteName(name)}::${kind === "number" ? "double" : "varchar"}`);
  const times = hasTimes ? ["epoch_ms(reference_time)::double"] : [];
  const some = most === null ? "" : ` using sample ${most} (reservoir, 1)`;
  const kinds = [...columns.map(({ kind }) => toKind(kind)), ...times.map(() => "number" as const)];
  const { n, columns: found } = await readColumns(
    db,
    `select ${[...list, ...times].join(", ")} from ${from}${some}`,
    kinds,
  );
  return {
    n,
    columns: new Map(columns.map(({ name }, i): [string, Column] => [name, found[i]!])),
    times: hasTimes ? (found.at(-1) as Float64Array) : null,
    truth: null,
  };
}

export function toKind(kind: ColumnPlan["kind"]): "number" | "text" {
  return kind === "number" ? "number" : "text";
}
