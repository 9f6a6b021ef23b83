import type { Signature } from "@slipway/runtime";
import type { LakeDb } from "../../platform/lake/lake-db.ts";
import { quoteText } from "../../platform/lake/quote.ts";
import type { Problem } from "../labels/incoming.ts";
import type { ColumnRoles } from "./columns.ts";
import { numberSql, textSql, timeSql, type RawTable } from "../../platform/lake/raw-table.ts";

export interface CheckedFile {
  readonly roles: ColumnRoles;
  readonly signature: Signature;
  readonly spread: { readonly from: number; readonly to: number } | null;
  readonly now: number;
}

/** A clock elsewhere may be ahead. */
const aheadMs = 5 * 60_000;
const longestKey = 10_000;

/** Columns of `checked`: i0, i1, ... are the inputs in the order of the signature, o0, ... what the outputs are made of. */
interface CheckedColumns {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Conditions under which a row is wrong, and what is said then. */
  readonly problems: readonly (readonly [condition: string, message: string])[];
}

/**
 * Makes `checked` of `raw`: `made_at`, "key", inputs and outputs in the types of the signature, label, and a `problem` where a row is
 * no prediction.
 */
export async function checkRows(
  db: LakeDb,
  raw: RawTable,
  file: CheckedFile,
): Promise<{ readonly wrong: number; readonly problems: readonly Problem[] }> {
  const { roles, now } = file;
  const columns = toColumns(raw, file);
  const at = await atSql(db, raw, file);
  const selected = [
    "line",
    `${at} as made_at`,
    `${roles.key === null ? "null::varchar" : textSql(raw, roles.key)} as "key"`,
    ...columns.inputs.map((sql, i) => `${sql} as i${i}`),
    ...columns.outputs.map((sql, i) => `${sql} as o${i}`),
    `${roles.label === null ? "null::varchar" : textSql(raw, roles.label)} as label`,
    `${roles.labelTime === null ? "null::timestamp" : timeSql(raw, roles.labelTime)} as label_at`,
    `${roles.time === null ? "null" : raw.sql(roles.time)}::varchar as time_text`,
  ];
  const problem = [
    [
      "made_at is null",
      `coalesce(to_json(left(time_text, 80))::varchar, 'nothing') || ' is not a time such as 2026-11-22T10:15:30Z'`,
    ],
    [`epoch_ms(made_at) > ${now + aheadMs}`, `left(time_text, 80) || ' is in the future'`],
    ["made_at < timestamp '1970-01-01'", `left(time_text, 80) || ' is before 1970'`],
    [`len("key") > ${longestKey}`, `'its key is longer than ${longestKey} characters'`],
    ...columns.problems,
  ];
  const cases = problem.map(([condition, message]) => `when ${condition} then ${message}`).join(" ");
  await db.exec(
    `create temp table checked as select *, case ${cases} end as problem from (select ${selected.join(", ")} from raw)`,
  );
  await db.exec("drop table raw");
  const [count] = await db.rows("select count(*) as n from checked where problem is not null");
  const rows = await db.rows("select line, problem from checked where problem is not null order by line limit 100");
  return {
    wrong: Number(count?.["n"]),
    problems: rows.map(({ line, problem: message }) => ({ line: Number(line), message: String(message) })),
  };
}

function toColumns(raw: RawTable, { roles, signature }: CheckedFile): CheckedColumns {
  const value = (name: string, datatype: string) => (datatype === "BYTES" ? textSql(raw, name) : numberSql(raw, name));
  const inputs = signature.inputs.map(({ name, datatype }) => value(name, datatype));
  const { probability } = roles;
  const outputs: string[] = [];
  const problems: [string, string][] = [];
  for (const { name, datatype, classes } of signature.outputs) {
    const sources =
      classes === undefined || probability === null
        ? [name]
        : typeof probability === "string"
          ? [probability]
          : classes.map((each) => probability[each] ?? "");
    for (const source of sources) {
      const place = `o${outputs.length}`;
      outputs.push(value(source, datatype));
      problems.push([`${place} is null`, quoteText(`it has no ${source}`)]);
      if (classes !== undefined || source === probability)
        problems.push([
          `not ${place} between 0 and 1`,
          `${place}::varchar || ${quoteText(` in ${source} is no probability`)}`,
        ]);
    }
  }
  return { inputs, outputs, problems };
}

async function atSql(db: LakeDb, raw: RawTable, { roles, spread }: CheckedFile): Promise<string> {
  if (roles.time !== null) return timeSql(raw, roles.time);
  const { from, to } = spread ?? { from: 0, to: 0 };
  const [about] = await db.rows("select min(line) as first, count(*) as n from raw");
  const [first, rows] = [Number(about?.["first"] ?? 1), Math.max(1, Number(about?.["n"]))];
  // Whole milliseconds, as labels have them.
  return `make_timestamp((${from} + floor((line - ${first}) * ${(to - from) / rows}))::bigint * 1000)`;
}

/**
 * Makes `valid` and `fresh` of `checked`. The id of a row is made of what it says, so that a row that is on record is known again,
 * whatever file it comes from; equal rows of a file are told apart by their number.
 */
export async function makeIds(
  db: LakeDb,
  {
    endpoint,
    known,
    signature,
  }: { readonly endpoint: string; readonly known: readonly string[]; readonly signature: Signature },
): Promise<void> {
  const outputs = await countOutputs(db);
  const parts = [...signature.inputs.map((_, i) => `i${i}`), ...Array.from({ length: outputs }, (_, i) => `o${i}`)];
  const text = ['"key"', ...parts].map((column) => `coalesce(${column}::varchar, chr(30))`).join(", ");
  await db.exec(`create temp table said as select line, md5(concat_ws(chr(31), ${quoteText(endpoint)}, epoch_us(made_at)::varchar, ${text})) as said,
    made_at from checked where problem is null`);
  await db.exec(`create temp table named as select line, ${idSql} as id
    from (select line, made_at, md5(said || row_number() over (partition by said order by line)::varchar) as h from said)`);
  await db.exec("drop table said");
  await db.exec("create temp view valid as select c.*, n.id from checked c join named n using (line)");
  const files = known.map(quoteText).join(", ");
  const there =
    known.length === 0 ? "" : `where id not in (select id from read_parquet([${files}]) where face = 'import')`;
  await db.exec(`create temp table fresh as select line, id from named ${there}`);
}

async function countOutputs(db: LakeDb): Promise<number> {
  const columns = await db.describe("select * from checked");
  return columns.filter(({ name }) => /^o\d+$/.test(name)).length;
}

/** A UUIDv7 of the time and the hash `h`. */
const idSql = `(lpad(to_hex(epoch_ms(made_at)), 12, '0')[1:8] || '-' || lpad(to_hex(epoch_ms(made_at)), 12, '0')[9:12] || '-7' || h[1:3]
  || '-' || substr('89ab', (ascii(h[4]) % 4 + 1)::integer, 1) || h[5:7] || '-' || h[8:19])::uuid`;
