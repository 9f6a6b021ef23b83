import { SlipwayError } from "@slipway/contract/errors";
import type { LabelImportRequest } from "@slipway/contract";
import { csvOptions } from "../../platform/lake/csv-options.ts";
import { quoteName, quoteText } from "../../platform/lake/quote.ts";
import { readSource } from "../../platform/lake/sources/read-source.ts";
import type { Source } from "../../platform/lake/sources/source.ts";
import type { LakeDb } from "../../platform/lake/lake-db.ts";

/** Where labels come from in bulk. */
export type Origin =
  | { readonly kind: "file"; readonly path: string; readonly format: LabelImportRequest["format"] }
  | { readonly kind: "source"; readonly source: Source; readonly query: string };

type Role = "id" | "row" | "key" | "value" | "observed_at" | "source";
export type Columns = NonNullable<LabelImportRequest["columns"]>;

const usual: Readonly<Record<Role, readonly string[]>> = {
  id: ["prediction", "prediction_id", "id"],
  row: ["row"],
  key: ["key"],
  value: ["value"],
  observed_at: ["observed_at"],
  source: ["source"],
};
const roles = Object.keys(usual) as Role[];

/** A row that could not be read as a label. */
export interface Problem {
  readonly line: number;
  readonly message: string;
}

/**
 * Makes `raw`, which is read once: `line` (1 is the first row; in a CSV 2, after its heading) and all else as text.
 * @throws SlipwayError `invalid_file`
 */
export async function readIncoming(db: LakeDb, origin: Origin, columns: Columns): Promise<void> {
  if (origin.kind === "source") return readQuery(db, origin, columns);
  const { path, format } = origin;
  const place = quoteText(path);
  if (format === "parquet") return readTyped(db, `read_parquet(${place})`, columns);
  if (format === "csv") return readCsv(db, path, columns);
  // Every column that may be meant, as text: a key that no line has is null.
  const names = new Set(roles.flatMap((role) => (columns[role] === undefined ? usual[role] : [columns[role]])));
  const fields = [...names].map((name) => `${quoteText(name)}: 'VARCHAR'`).join(", ");
  const found = new Map([...names].map((name) => [name, "VARCHAR"]));
  const from = `read_json(${place}, format = 'newline_delimited', columns = {${fields}})`;
  await db.exec(
    `create temp view raw as select row_number() over () as line, ${jsonColumns(found, columns)} from ${from}`,
  );
}

async function readTyped(db: LakeDb, from: string, columns: Columns): Promise<void> {
  const found = new Map((await db.describe(`select * from ${from}`)).map(({ name, type }) => [name, type]));
  await db.exec(`create temp view raw as select row_number() over () as line, ${pick(found, columns)} from ${from}`);
}

async function readCsv(db: LakeDb, path: string, columns: Columns): Promise<void> {
  const form = csvOptions(path);
  const described = await db.describe(`select * from read_csv(${quoteText(path)}, ${form}, ignore_errors = true)`);
  const found = new Map(described.map(({ name, type }) => [name, type]));
  const from = `read_csv(${quoteText(path)}, ${form}, store_rejects = true, rejects_limit = 10000)`;
  await db.exec(
    `create temp view raw as select row_number() over () + 1 as line, ${pick(found, columns)} from ${from}`,
  );
}

/** Lines of a CSV that are no rows, such as one with too many fields; known when `raw` has been read. */
export async function listRejects(db: LakeDb): Promise<readonly Problem[]> {
  const [log] = await db.rows("select count(*) as n from duckdb_tables() where table_name = 'reject_errors'");
  if (Number(log?.["n"]) === 0) return [];
  const rejects = await db.rows(
    "select line, any_value(error_message) as message from reject_errors group by line order by line",
  );
  return rejects.map(({ line, message }) => ({ line: Number(line), message: firstLine(String(message)) }));
}

/** A piece at a time through JSON, so that a large answer is never held whole. */
async function readQuery(
  db: LakeDb,
  { source, query }: Extract<Origin, { kind: "source" }>,
  columns: Columns,
): Promise<void> {
  let line = 0;
  for await (const { columns: names, rows } of readSource(source, query)) {
    const found = new Map(names.map((name) => [name, "VARCHAR"]));
    const chosen = pick(found, columns);
    const fields = names.map((name, i) => `list_extract(cells, ${i + 1}) as ${quoteName(name)}`).join(", ");
    const cells = `select unnest(range(len(list))) + ${line + 1} as line, unnest(list) as cells
      from (select from_json($1, '[["VARCHAR"]]') as list)`;
    const select = `select line, ${chosen} from (select line, ${fields} from (${cells}))`;
    const values = [JSON.stringify(rows)];
    await db.exec(line === 0 ? `create temp table raw as ${select}` : `insert into raw ${select}`, values);
    line += rows.length;
  }
}

/** The columns of `raw` out of those that are there. @throws SlipwayError `invalid_file` */
function pick(found: ReadonlyMap<string, string>, columns: Columns): string {
  const chosen = new Map<Role, string>();
  for (const role of roles) {
    const named = columns[role];
    const name = named ?? usual[role].find((each) => found.has(each));
    if (name === undefined) continue;
    if (!found.has(name))
      throw new SlipwayError("invalid_file", `There is no column ${JSON.stringify(name)}; ${listOf(found)}.`);
    chosen.set(role, name);
  }
  if (!chosen.has("value"))
    throw new SlipwayError("invalid_file", `There is no column "value", and none is named as it; ${listOf(found)}.`);
  if (!chosen.has("id") && !chosen.has("key"))
    throw new SlipwayError(
      "invalid_file",
      `A label names its prediction in a column "prediction" or "key", or in one that is named as it; ${listOf(found)}.`,
    );
  const toColumn = (role: Role): string => {
    const name = chosen.get(role);
    return `${name === undefined ? "null::varchar" : toTextSql(quoteName(name), found.get(name) ?? "")} as "${role}"`;
  };
  return roles.map(toColumn).join(", ");
}

function jsonColumns(found: ReadonlyMap<string, string>, columns: Columns): string {
  const toColumn = (role: Role): string => {
    const names = columns[role] === undefined ? usual[role] : [columns[role]];
    return `coalesce(${names
      .filter((name) => found.has(name))
      .map(quoteName)
      .join(", ")}) as "${role}"`;
  };
  return roles.map(toColumn).join(", ");
}

/** A number is written as JavaScript would, so that 1 of a file and 1 of a request are the same label. */
function toTextSql(column: string, type: string): string {
  if (type === "FLOAT" || type === "DOUBLE")
    return `case when ${column} = trunc(${column}) and abs(${column}) < 1e15 then cast(${column} as bigint)::varchar
      else ${column}::varchar end`;
  if (type.startsWith("DECIMAL")) return toTextSql(`cast(${column} as double)`, "DOUBLE");
  return `${column}::varchar`;
}

function listOf(found: ReadonlyMap<string, string>): string {
  return `there are: ${[...found.keys()].slice(0, 50).join(", ")}`;
}

export function firstLine(text: string): string {
  return text.split("\n")[0] ?? text;
}
