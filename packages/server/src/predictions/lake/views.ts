import type { LakeDb, NamedType } from "../../platform/lake/lake-db.ts";
import { quoteName, quoteText } from "../../platform/lake/quote.ts";
import { labelViews } from "../labels/label-sql.ts";
import { firstAdded, fixedColumns, place } from "./columns.ts";
import { layoutOf } from "./parquet-file.ts";

/** Files of one endpoint by what they hold; structured-clone safe, for the input of a task. */
export interface ViewFiles {
  /** Absolute paths, by signature. */
  readonly predictions: readonly (readonly string[])[];
  /** The same of what was answered once more for nobody. */
  readonly shadows?: readonly (readonly string[])[];
  readonly labels: readonly string[];
  /** Milliseconds, from (inclusive) and to (exclusive). */
  readonly since?: number | null | undefined;
  readonly until?: number | null | undefined;
}

/** The columns of `predictions` and `shadows` that every endpoint has, as SQL over a file. */
const fixed: readonly (readonly [name: string, sql: string])[] = [
  ["id", "id"],
  ["row", '"row"'],
  ["prediction", `CASE WHEN "rows" > 1 THEN id::VARCHAR || '/' || "row" ELSE id::VARCHAR END`],
  ...fixedColumns.slice(2).map(({ name }) => [name, quoteName(name)] as const),
];
const expressions = new Map<string, string>([...fixed, ["trace_id", "replace(trace_id::VARCHAR, '-', '')"]]);

/**
 * Makes the views `predictions`, `shadows` and those of the labels over exactly these files. A column that has different types in
 * different signatures is text where they do not go together.
 * @returns the paths that they read: `db.lock(paths)` keeps what follows to them
 */
export async function openViews(db: LakeDb, files: ViewFiles): Promise<string[]> {
  const { predictions, shadows = [], labels } = files;
  await db.exec(`CREATE TEMP VIEW predictions AS ${await toRowsSql(db, predictions, files)}`);
  await db.exec(`CREATE TEMP VIEW shadows AS ${await toRowsSql(db, shadows, files)}`);
  await db.exec(labelViews(labels));
  return [...predictions.flat(), ...shadows.flat(), ...labels];
}

/** Files of one signature. */
interface Table {
  readonly paths: readonly string[];
  /** Fixed columns that these files do not have yet. */
  readonly lacks: ReadonlySet<string>;
  /** Inputs and outputs by their name in the view, and in the files. */
  readonly own: readonly (NamedType & { readonly source: string })[];
}

async function toRowsSql(db: LakeDb, groups: ViewFiles["predictions"], times: ViewFiles): Promise<string> {
  const tables: Table[] = [];
  for (const paths of groups) {
    const [first] = paths;
    if (first !== undefined)
      tables.push(toTable(paths, await db.describe(`SELECT * FROM read_parquet(${quoteText(first)})`)));
  }
  if (tables.length === 0) return emptySql();
  const own = unite(tables.map((table) => table.own));
  return tables.map((table) => toSelect(table, own, times)).join(" UNION ALL ");
}

const added = fixedColumns.slice(place[firstAdded]);
const addedNames = new Set<string>(added.map(({ name }) => name));

function toTable(paths: readonly string[], columns: readonly NamedType[]): Table {
  const isOld = layoutOf(columns) === 1;
  const own = columns.slice(isOld ? place[firstAdded] : fixedColumns.length).map(({ name, type }) => ({
    // An input of that name had it to itself then.
    name: addedNames.has(name.toLowerCase()) ? `${name}_input` : name,
    type,
    source: name,
  }));
  return { paths, lacks: isOld ? addedNames : new Set(), own };
}

function toSelect({ paths, lacks, own }: Table, all: ReadonlyMap<string, string | null>, times: ViewFiles): string {
  const there = new Map(own.map(({ name, source }) => [name, source]));
  const nothing = new Map(added.map(({ name, type }) => [name, `NULL::${type}`]));
  const list = [
    ...fixed.map(([name]) => `${(lacks.has(name) ? nothing : expressions).get(name)} AS ${quoteName(name)}`),
    ...[...all].map(([name, cast]) => {
      const source = there.get(name);
      const value = source === undefined ? "NULL" : quoteName(source);
      return `${cast === null ? value : `${value}::${cast}`} AS ${quoteName(name)}`;
    }),
  ];
  const from = `read_parquet([${paths.map(quoteText).join(", ")}])`;
  return `SELECT ${list.join(", ")} FROM ${from}${timeSql(times)}`;
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
function unite(tables: readonly Table["own"][]): Map<string, string | null> {
  const types = new Map<string, Set<string>>();
  for (const { name, type } of tables.flat()) types.set(name, (types.get(name) ?? new Set()).add(type));
  return new Map(
    [...types].map(([name, found]) => {
      const together = found.size === 1 || [...found].every((type) => numeric.test(type));
      return [name, together ? null : "VARCHAR"];
    }),
  );
}
