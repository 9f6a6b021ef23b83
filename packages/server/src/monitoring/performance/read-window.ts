import type { LakeDb } from "../../platform/lake/lake-db.ts";
import { quoteName, quoteText } from "../../platform/lake/quote.ts";
import type { Slice } from "../profiles/slices.ts";
import type { Window } from "../watched.ts";
import type { VersionPlan } from "./measure-plan.ts";
import type { WindowRows } from "./measure-window.ts";
import type { Problem } from "./problem.ts";
import { readColumns, type ColumnKind } from "./read-columns.ts";
import type { Column } from "./scored-rows.ts";

export interface ReadWindow {
  readonly plan: VersionPlan;
  readonly problem: Problem;
  readonly window: Window;
  /** The version's rows; predictions are `p`. */
  readonly where: string;
  /** One row of so many. */
  readonly part: number;
}

interface Select {
  readonly sql: string;
  readonly kind: ColumnKind;
}

/** The answers of a window with what came true, from `predictions` and `truths`, in the order of their times. */
export async function readWindow(db: LakeDb, reading: ReadWindow): Promise<WindowRows> {
  const { plan, problem, window, where, part } = reading;
  const types = new Map((await db.describe("select * from predictions")).map(({ name, type }) => [name, type]));
  const selects: Select[] = [];
  const add = (sql: string, kind: ColumnKind) =>
    selects.push({ sql: `(${sql})::${kind === "number" ? "double" : "varchar"}`, kind }) - 1;
  const numeric = problem.kind === "regression" ? "number" : "text";
  const prediction = problem.prediction === null ? null : add(column(problem.prediction), numeric);
  const scores = problem.scores.map((name) => (name === null ? null : add(column(name), "number")));
  const truth = add('t."value"', "text");
  const lags = add(
    `case when t.first_at is not null then greatest(0, epoch_ms(t.first_at) - ${window.to}) end`,
    "number",
  );
  const slices = plan.slices
    .map((slice) => [slice.name, sliceSql(slice, types)] as const)
    .map(([name, sql]) => [name, add(sql, "number")] as const);
  const groups = plan.groups.map((name) => [name, add(valueSql(name, types), "text")] as const);
  const features = (plan.estimator?.loss?.features ?? [])
    .filter(({ name }) => types.has(name))
    .map(({ name, kind }) => [name, add(column(name), kind)] as const);
  const times = `p.predicted_at >= make_timestamp_ms(${window.from}) and p.predicted_at < make_timestamp_ms(${window.to})`;
  const sampled = part === 1 ? "" : ` and hash(p.id, p."row") % ${part} = 0`;
  const sql = `select ${selects.map(({ sql: each }) => each).join(", ")}
    from predictions p left join truths t on t.id = p.id and t."row" = p."row"
    where ${where} and ${times}${sampled} order by p.predicted_at, p.id, p."row"`;
  const { n, columns } = await readColumns(
    db,
    sql,
    selects.map(({ kind }) => kind),
  );
  const numbers = (at: number) => columns[at] as Float64Array;
  return {
    n,
    prediction: prediction === null ? null : (columns[prediction] as Column),
    scores: scores.map((at) => (at === null ? null : numbers(at))),
    truth: columns[truth] as readonly (string | null)[],
    lags: numbers(lags),
    slices: new Map(slices.map(([name, at]) => [name, numbers(at)])),
    groups: new Map(groups.map(([name, at]) => [name, columns[at] as readonly (string | null)[]])),
    features: new Map(features.map(([name, at]) => [name, columns[at] as Column])),
  };
}

function column(name: string): string {
  return `p.${quoteName(name)}`;
}

/** A column of the view, else a named field of the request. */
function valueSql(name: string, types: ReadonlyMap<string, string>): string {
  return types.has(name) ? column(name) : `(p.extra->>${quoteText(`$."${name.replaceAll('"', '\\"')}"`)})`;
}

const numericType = /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE)$/;

/** True where a row belongs to the slice. */
function sliceSql({ column: name, match }: Slice, types: ReadonlyMap<string, string>): string {
  const value = valueSql(name, types);
  if (!("values" in match)) {
    const number = `try_cast(${value} as double)`;
    const { from, to } = match;
    const bounds = [...(from === null ? [] : [`${number} >= ${from}`]), ...(to === null ? [] : [`${number} < ${to}`])];
    return `(coalesce(${bounds.length === 0 ? "true" : bounds.join(" and ")}, false))`;
  }
  const { values } = match;
  const isNumber = numericType.test(types.get(name) ?? "") && values.every((each) => Number.isFinite(Number(each)));
  const list = values.map((each) => (isNumber ? String(Number(each)) : quoteText(each))).join(", ");
  return `(coalesce(${isNumber ? value : `${value}::varchar`} in (${list}), false))`;
}
