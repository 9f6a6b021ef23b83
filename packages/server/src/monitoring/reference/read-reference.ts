import type { LakeDb, NamedType } from "../../platform/lake/lake-db.ts";
import { quoteName } from "../../platform/lake/quote.ts";
import {
  numberSql,
  numericType,
  readRaw,
  textSql,
  timeSql,
  type RawTable,
  type TableFile,
} from "../../platform/lake/raw-table.ts";
import type { Column } from "../performance/scored-rows.ts";
import { versionSql } from "../performance/version-sql.ts";
import type { ColumnPlan } from "../profiles/index.ts";
import type { ReferenceJob } from "./reference-job.ts";
import type { ReferenceRows } from "./reference-rows.ts";

/** Rows that are looked at; of more, some that are spread evenly. */
const mostRows = 100_000;
/** Callers' own keys, which come true for nobody. */
const keys = new Set(["id", "key"]);

export interface ReadReference {
  readonly rows: ReferenceRows;
  readonly time: string | null;
  readonly label: string | null;
  readonly notes: readonly string[];
}

/** The rows of a file. Outputs are taken from it where all of them are there. @throws DuckDbError where it is no such file */
export async function readFile(db: LakeDb, file: TableFile, job: ReferenceJob): Promise<ReadReference> {
  const raw = await readRaw(db, file);
  const there = new Set(raw.columns.map(({ name }) => name));
  const named = ({ name }: ColumnPlan) => job.callerNames[name] ?? name;
  const inputs = job.columns.filter((plan) => plan.role === "input" && there.has(named(plan)));
  const answers = job.columns.filter((plan) => plan.role === "output" && there.has(named(plan)));
  const { hints } = job;
  const isApart = (name: string) => !hints.ignore.includes(name) && !inputs.some((plan) => named(plan) === name);
  const apart = raw.columns.filter(({ name }) => isApart(name));
  const hinted = (name: string | null) => (name !== null && there.has(name) ? name : null);
  const notes: string[] = [];
  const time = await findTime(db, raw, { wanted: job.time ?? hinted(hints.time), apart, notes });
  const extras = apart.filter(({ name }) => name !== time && !answers.some((plan) => named(plan) === name));
  const label = findLabel({
    wanted: job.label ?? hinted(hints.label),
    canRun: job.canRun,
    raw,
    extras,
    answers: answers.map(named),
    notes,
  });
  const isWhole = answers.length === job.columns.filter(({ role }) => role === "output").length;
  // What stands under the name of an output may be what came true of it.
  const outputs = isWhole && label !== null && answers.some((plan) => named(plan) === label) ? [] : answers;
  const absent = job.columns.filter((plan) => plan.role === "input" && !there.has(named(plan)));
  if (absent.length > 0) notes.push(`The file has no ${listOf(absent.map(named))}, so nothing is compared there.`);
  const rows = await readRows(db, raw, { plans: [...inputs, ...(isWhole ? outputs : [])], named, time, label });
  return { rows, time, label, notes };
}

/** The first predictions of the version, with the labels that they have. */
export async function readPredictions(
  db: LakeDb,
  { model, version, rows }: { readonly model: string; readonly version: number; readonly rows: number },
  job: ReferenceJob,
): Promise<ReadReference> {
  const there = new Map((await db.describe("select * from predictions")).map((column) => [column.name, column]));
  const plans = job.columns.filter(({ name }) => there.has(name));
  const list = plans.map(({ name }, i) => `p.${quoteName(name)} as c${i}`);
  await db.exec(`create temp table raw as select row_number() over (order by p.predicted_at, p.id, p."row") as line,
      ${[...list, "p.predicted_at as made_at", 'l."value" as label'].join(", ")}
    from predictions p left join labels l on l.id = p.id and l."row" = p."row"
    where ${versionSql({ model, version })}
    order by p.predicted_at, p.id, p."row" limit ${rows}`);
  const places = new Map([
    ...plans.map(({ name }, i) => [name, `c${i}`] as const),
    ["made_at", "made_at"],
    ["label", "label"],
  ]);
  const columns = [
    ...plans.map(({ name }) => there.get(name)!),
    { name: "made_at", type: "TIMESTAMP" },
    { name: "label", type: "VARCHAR" },
  ];
  const raw: RawTable = { columns, sql: (name) => places.get(name) ?? "null" };
  const read = await readRows(db, raw, { plans, named: ({ name }) => name, time: "made_at", label: "label" });
  const labelled = read.truth?.some((value) => value !== null) === true;
  return {
    rows: labelled ? read : { ...read, truth: null },
    time: "predicted_at",
    label: labelled ? "labels" : null,
    notes: [],
  };
}

interface Reading {
  readonly plans: readonly ColumnPlan[];
  readonly named: (plan: ColumnPlan) => string;
  readonly time: string | null;
  readonly label: string | null;
}

async function readRows(db: LakeDb, raw: RawTable, { plans, named, time, label }: Reading): Promise<ReferenceRows> {
  const [count] = await db.rows("select count(*) as n from raw");
  const all = Number(count?.["n"]);
  const n = Math.min(all, mostRows);
  const selected = [
    `${time === null ? "null" : `epoch_ms(${timeSql(raw, time)})`} as made`,
    `${label === null ? "null" : textSql(raw, label)} as truth`,
    ...plans.map((plan, i) => {
      const value = plan.kind === "number" ? numberSql(raw, named(plan)) : textSql(raw, named(plan));
      return `${value} as v${i}`;
    }),
  ];
  // Of more rows every so many-th, in whole numbers, so that the same ones are taken each time.
  const where = all <= mostRows ? "" : `where (place * ${n}) // ${all} <> ((place - 1) * ${n}) // ${all}`;
  const from = `(select *, row_number() over (order by line) as place from raw)`;
  const { chunks } = await db.stream(`select ${selected.join(", ")} from ${from} ${where} order by place`);
  const times = time === null ? null : new Float64Array(n).fill(Number.NaN);
  const truth = label === null ? null : Array.from<string | null>({ length: n }).fill(null);
  const columns = plans.map((plan) =>
    plan.kind === "number" ? new Float64Array(n).fill(Number.NaN) : Array.from<string | null>({ length: n }).fill(null),
  );
  let row = 0;
  for await (const chunk of chunks)
    for (const values of chunk) {
      if (row >= n) break;
      if (times !== null && values[0] !== null) times[row] = Number(values[0]);
      if (truth !== null) truth[row] = values[1] as string | null;
      for (const [i, column] of columns.entries()) {
        const value = values[i + 2];
        if (column instanceof Float64Array) {
          if (value !== null) column[row] = Number(value);
        } else column[row] = value as string | null;
      }
      row++;
    }
  return { n: row, columns: new Map(plans.map((plan, i): [string, Column] => [plan.name, columns[i]!])), times, truth };
}

interface FindingTime {
  readonly wanted: string | null;
  /** Columns that are no inputs. */
  readonly apart: readonly NamedType[];
  readonly notes: string[];
}

async function findTime(db: LakeDb, raw: RawTable, { wanted, apart, notes }: FindingTime): Promise<string | null> {
  if (wanted !== null) {
    if (raw.columns.some(({ name }) => name === wanted)) return wanted;
    notes.push(`The file has no column ${wanted}, which monitor.reference.time names.`);
    return null;
  }
  const typed = apart.filter(({ type }) => type.startsWith("TIMESTAMP") || type === "DATE");
  const texts = apart.filter(({ type }) => type === "VARCHAR");
  const found = typed.map(({ name }) => name);
  if (found.length === 0 && texts.length > 0) {
    const checks = texts.map(({ name }, i) => {
      const column = raw.sql(name);
      return `count(${column}) > 0 and count(${column}) = count(${timeSql(raw, name)}) filter (not regexp_full_match(${column}, '[0-9.]+')) as t${i}`;
    });
    const [row = {}] = await db.rows(`select ${checks.join(", ")} from raw`);
    found.push(...texts.filter((_, i) => row[`t${i}`] === true).map(({ name }) => name));
  }
  if (found.length > 1)
    notes.push(`Several columns are times: ${listOf(found)}. Name the one of the rows under monitor.reference.time.`);
  return found.length === 1 ? found[0]! : null;
}

interface FindingLabel {
  readonly wanted: string | null;
  readonly canRun: boolean;
  readonly raw: RawTable;
  /** Columns that are neither inputs nor outputs, nor the time. */
  readonly extras: readonly NamedType[];
  /** Outputs that the file has under their names. */
  readonly answers: readonly string[];
  readonly notes: string[];
}

const usualLabels = ["label", "y_true", "target", "truth"];

function findLabel({ wanted, canRun, raw, extras, answers, notes }: FindingLabel): string | null {
  if (wanted !== null) {
    if (raw.columns.some(({ name }) => name === wanted)) return wanted;
    notes.push(`The file has no column ${wanted}, which monitor.reference.label names.`);
    return null;
  }
  const possible = extras.filter(({ name, type }) => !keys.has(name) && isPlain(type)).map(({ name }) => name);
  const usual = usualLabels.find((name) => possible.includes(name));
  if (usual !== undefined) return usual;
  if (possible.length === 1) return possible[0]!;
  // A version that can be asked gives its outputs itself: what has the name of one is what it learned.
  if (canRun && answers.length === 1 && possible.length === 0) return answers[0]!;
  if (possible.length > 1)
    notes.push(
      `Any of ${listOf(possible)} may be what came true, so performance has no reference. Name the column under monitor.reference.label.`,
    );
  return null;
}

function isPlain(type: string): boolean {
  return numericType.test(type) || type === "VARCHAR" || type === "BOOLEAN";
}

function listOf(names: readonly string[]): string {
  return names.length > 5 ? `${names.slice(0, 5).join(", ")} and ${names.length - 5} more` : names.join(", ");
}
