import type { SqlDialect, TaskDb } from "../../platform/sql/index.ts";
import { all, joined, plain, sql, type Fragment } from "../filter/fragment.ts";

/** One term of an order. Where there is no value the rank says why, and such rows come last whatever the direction. */
export interface OrderTerm {
  /** 0 where there is a value; null where there always is one. */
  readonly rank: Fragment | null;
  readonly value: Fragment;
  readonly isDescending: boolean;
  readonly type: "text" | "number";
}

/** Where a row stands: a rank and a value for each term. */
export type Key = readonly KeyPart[];
export type KeyPart = readonly [rank: number, value: string | number | null];

export interface Keyed {
  readonly n: number;
  readonly key: Key;
}

export interface Selection {
  /** A table, or a join, where `n` is the number of a row. */
  readonly from: Fragment;
  readonly n: Fragment;
  readonly where: readonly Fragment[];
  /** The last term is different for each row. */
  readonly order: readonly OrderTerm[];
  /** Only what comes behind it; null from the beginning. */
  readonly after: Key | null;
  readonly limit: number;
}

/** The numbers of the next rows in an order, without counting those before them. */
export async function selectKeys(db: TaskDb, selection: Selection): Promise<readonly Keyed[]> {
  const { from, n, order, after, limit } = selection;
  const columns = order.map(
    (term, i) => sql`${term.rank ?? plain("0")} as r${plain(`${i}`)}, ${term.value} as v${plain(`${i}`)}`,
  );
  const where = after === null ? selection.where : [...selection.where, ...isAfter(order, after, db.dialect)];
  const { text, values } = sql`select ${n} as n, ${joined(columns, ", ")} from ${from}
    where ${all(where)} order by ${joined(toOrder(order, db.dialect), ", ")} limit ${limit}`;
  const rows = await db.rows<Readonly<Record<string, number | string | null>>>(text, values);
  return rows.map((row) => ({
    n: row["n"] as number,
    key: order.map((_, i) => [row[`r${i}`] as number, row[`v${i}`]!] as const),
  }));
}

function toOrder(order: readonly OrderTerm[], dialect: SqlDialect): readonly Fragment[] {
  return order.flatMap((term) => {
    const value = sql`${comparable(term, dialect)}${plain(term.isDescending ? " desc" : "")}`;
    return term.rank === null ? [value] : [term.rank, value];
  });
}

/** In the order of code points, as SQLite has text, on every database. */
function comparable({ type, value }: OrderTerm, dialect: SqlDialect): Fragment {
  return type === "text" && dialect === "postgres" ? sql`${value} collate "C"` : value;
}

/** The first condition lets the database begin at the place in an index of the first term; the second one is exact. */
function isAfter(order: readonly OrderTerm[], after: Key, dialect: SqlDialect): readonly Fragment[] {
  const [first] = order;
  const [, value] = after[0]!;
  const bound =
    first!.rank === null && order.length > 1
      ? [sql`${comparable(first!, dialect)} ${plain(first!.isDescending ? "<=" : ">=")} ${value}`]
      : [];
  return [...bound, behind(order, after, dialect)];
}

function behind(order: readonly OrderTerm[], after: Key, dialect: SqlDialect): Fragment {
  const [term, ...later] = order;
  const [[rank, value], ...rest] = after as [KeyPart, ...KeyPart[]];
  const then = later.length === 0 ? null : behind(later, rest, dialect);
  if (term!.rank !== null && rank > 0) {
    const further = sql`${term!.rank} > ${rank}`;
    return then === null ? further : sql`(${further} or (${term!.rank} = ${rank} and ${then}))`;
  }
  const column = comparable(term!, dialect);
  const further = sql`${column} ${plain(term!.isDescending ? "<" : ">")} ${value}`;
  const here = then === null ? further : sql`(${further} or (${column} = ${value} and ${then}))`;
  return term!.rank === null ? here : sql`(${term!.rank} > 0 or (${term!.rank} = 0 and ${here}))`;
}

/** Which of two keys of the same order comes first: below 0 for `a`. */
export function compareKeys(order: readonly OrderTerm[], a: Key, b: Key): number {
  for (const [i, { isDescending }] of order.entries()) {
    const [[rankA, valueA], [rankB, valueB]] = [a[i]!, b[i]!];
    if (rankA !== rankB) return rankA - rankB;
    const compared = rankA > 0 ? 0 : compareValues(valueA, valueB);
    if (compared !== 0) return isDescending ? -compared : compared;
  }
  return 0;
}

function compareValues(a: string | number | null, b: string | number | null): number {
  if (typeof a === "string" && typeof b === "string")
    return a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b));
  return (a as number) - (b as number);
}
