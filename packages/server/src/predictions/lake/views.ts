import type { LakeDb, NamedType } from "../../platform/lake/lake-db.ts";
import { quoteName, quoteText } from "../../platform/lake/quote.ts";
import { labelViews } from "../labels/label-sql.ts";
import { fixedColumns } from "./columns.ts";

/** Files of one endpoint by what they hold; structured-clone safe, for the input of a task. */
export interface ViewFiles {
  /** Absolute paths, by signature. */
  readonly predictions: readonly (readonly string[])[];
  readonly labels: readonly string[];
  /** Milliseconds, from (inclusive) and to (exclusive). */
  readonly since?: number | null | undefined;
  readonly until?: number | null | undefined;
}

/** The columns of `predictions` that every endpoint has, as SQL over a file. */
const fixed: readonly (readonly [name: string, sql: string])[] = [
  ["id", "id"],
  ["row", '"row"'],
  ["prediction", `CASE WHEN "rows" > 1 THEN id::VARCHAR || '/' || "row" ELSE id::VARCHAR END`],
  ...fixedColumns.slice(2).map(({ name }) => [name, quoteName(name)] as const),
];
const expressions = new Map<string, string>([...fixed, ["trace_id", "replace(trace_id::VARCHAR, '-', '')"]]);

/**
 * Makes the views `predictions` and those of the labels over exactly these files. A column that has different types in
 * different signatures is text where they do not go together.
 * @returns the paths that they read: `db.lock(paths)` keeps what follows to them
 */
export async function openViews(db: LakeDb, files: ViewFiles): Promise<string[]> {
  const tables: { readonly paths: readonly string[]; readonly columns: NamedType[] }[] = [];
  for (const paths of files.predictions) {
    const [first] = paths;
    if (first !== undefined)
      tables.push({ paths, columns: await db.describe(`SELECT * FROM read_parquet(${quoteText(first)})`) });
  }
  const own = unite(tables.map(({ columns }) => columns.slice(fixedColumns.length)));
  const selects = tables.map(({ paths, columns }) => {
    const there = new Map(columns.map(({ name, type }) => [name, type]));
    const list = [
      ...fixed.map(([name]) => `${expressions.get(name)} AS ${quoteName(name)}`),
      ...[...own].map(([name, cast]) => {
        const value = there.has(name) ? quoteName(name) : "NULL";
        return `${cast === null ? value : `${value}::${cast}`} AS ${quoteName(name)}`;
      }),
    ];
    const source = `read_parquet([${paths.map(quoteText).join(", ")}])`;
    return `SELECT ${list.join(", ")} FROM ${source}${timeSql(files)}`;
  });
  await db.exec(`CREATE TEMP VIEW predictions AS ${selects.length === 0 ? emptySql() : selects.join(" UNION ALL ")}`);
  await db.exec(labelViews(files.labels));
  return [...files.predictions.flat(), ...files.labels];
}

function timeSql({ since, until }: ViewFiles): string {
  const at = (ms: number) => `make_timestamp_ms(${Math.trunc(ms)})`;
  const conditions = [
    ...(typeof since === "number" ? [`predicted_at >= ${at(since)}`] : []),
    ...(typeof until === "number" ? [`predicted_at < ${at(until)}`] : []),
  ];
  return conditions.length === 0 ? "" : ` WHERE ${conditions.join(" AND ")}`;
}

function emptySql(): string {
  const list = fixedColumns.map(({ name, type }) => `NULL::${type} AS ${quoteName(name)}`);
  const columns = fixed.map(([name]) => `${expressions.get(name)} AS ${quoteName(name)}`);
  return `SELECT ${columns.join(", ")} FROM (SELECT ${list.join(", ")}) WHERE false`;
}

const numeric = /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE)$/;

/** Every column and what it has to be cast to; null where nothing. */
function unite(tables: readonly (readonly NamedType[])[]): Map<string, string | null> {
  const types = new Map<string, Set<string>>();
  for (const { name, type } of tables.flat()) types.set(name, (types.get(name) ?? new Set()).add(type));
  return new Map(
    [...types].map(([name, found]) => {
      const together = found.size === 1 || [...found].every((type) => numeric.test(type));
      return [name, together ? null : "VARCHAR"];
    }),
  );
}
