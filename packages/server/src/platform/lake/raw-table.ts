import type { LakeDb, NamedType } from "./lake-db.ts";
import { quoteName, quoteText } from "./quote.ts";
import { csvOptions } from "./csv-options.ts";

export interface TableFile {
  readonly path: string;
  readonly format: "csv" | "parquet" | "jsonl";
}

/** A file as a table `raw`: `line` (1 is the first row; in a CSV 2, after its heading), and its columns as c0, c1, ... */
export interface RawTable {
  readonly columns: readonly NamedType[];
  /** SQL of a column of `raw`. */
  sql(name: string): string;
}

/** Reads the file once. @throws DuckDbError where it is no such file */
export async function readRaw(db: LakeDb, { path, format }: TableFile): Promise<RawTable> {
  const place = quoteText(path);
  const [from, describing, first] =
    format === "parquet"
      ? [`read_parquet(${place})`, `read_parquet(${place})`, 1]
      : format === "jsonl"
        ? [jsonFrom(place), jsonFrom(place), 1]
        : [
            `read_csv(${place}, ${csvOptions(path)}, store_rejects = true, rejects_limit = 10000)`,
            `read_csv(${place}, ${csvOptions(path)}, ignore_errors = true)`,
            2,
          ];
  const columns = await db.describe(`select * from ${describing}`);
  const list = columns.map(({ name }, i) => `${quoteName(name)} as c${i}`);
  await db.exec(
    `create temp table raw as select row_number() over () + ${first - 1} as line, ${list.join(", ")} from ${from}`,
  );
  const places = new Map(columns.map(({ name }, i) => [name, `c${i}`]));
  return { columns, sql: (name) => places.get(name) ?? "null" };
}

function jsonFrom(place: string): string {
  return `read_json(${place}, format = 'newline_delimited', sample_size = -1, map_inference_threshold = -1)`;
}

/** DuckDB's names of numbers. */
export const numericType = /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL.*)$/;

/** Text as JavaScript would write it: 1 of a column of floats is "1". Null where it is missing or empty. */
export function textSql(raw: RawTable, name: string): string {
  const column = raw.sql(name);
  const type = raw.columns.find((each) => each.name === name)?.type ?? "";
  const text =
    type === "FLOAT" || type === "DOUBLE" || type.startsWith("DECIMAL")
      ? `case when ${column}::double = trunc(${column}::double) and abs(${column}::double) < 1e15
          then ${column}::double::bigint::varchar else ${column}::double::varchar end`
      : `${column}::varchar`;
  return `nullif(${text}, '')`;
}

/** Null where it is no number; NaN is a missing one. */
export function numberSql(raw: RawTable, name: string): string {
  const number = `try_cast(${raw.sql(name)}::varchar as double)`;
  const type = raw.columns.find((each) => each.name === name)?.type ?? "";
  const value = numericType.test(type) ? `${raw.sql(name)}::double` : number;
  return `case when not isnan(${value}) then ${value} end`;
}

/** A timestamp, a date, RFC 3339, a year, or a number of seconds or milliseconds since 1970; null where it is none of them. */
export function timeSql(raw: RawTable, name: string): string {
  const column = raw.sql(name);
  const type = raw.columns.find((each) => each.name === name)?.type ?? "";
  if (type.startsWith("TIMESTAMP") || type === "DATE") return `try_cast(${column} as timestamp)`;
  const text = `trim(${column}::varchar)`;
  return `case when regexp_full_match(${text}, '[0-9]{4}') then make_timestamp(${text}::bigint, 1, 1, 0, 0, 0)
    when regexp_full_match(${text}, '[0-9]{9,10}(\\.[0-9]+)?') then make_timestamp((${text}::double * 1e6)::bigint)
    when regexp_full_match(${text}, '[0-9]{11,14}(\\.0)?') then make_timestamp(${text}::double::bigint * 1000)
    when contains(${text}[11:], '+') or contains(${text}[11:], '-') then try_cast(${text} as timestamptz)::timestamp
    else try_cast(${text} as timestamp) end`;
}
