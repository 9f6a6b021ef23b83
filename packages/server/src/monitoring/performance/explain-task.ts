/** What the lake child does to tell what moved together with a fall of performance. */
import type { LakeDb } from "../../platform/lake/lake-db.ts";
import { quoteName } from "../../platform/lake/quote.ts";
import type { ViewsContext } from "../../predictions/index.ts";
import { findImportance } from "../reference/find-importance.ts";
import type { Window } from "../watched.ts";
import { explain, lossesOf, type Moved } from "./explain.ts";
import type { OutputColumn, Problem } from "./problem.ts";
import { readColumns, type ColumnKind } from "./read-columns.ts";
import { toScoredRows, type Column } from "./scored-rows.ts";
import { truthsSql, versionSql } from "./version-sql.ts";

export interface ExplainInput {
  readonly model: string;
  readonly version: number;
  readonly window: Window;
  /** Names of the inputs. */
  readonly inputs: readonly string[];
  readonly outputs: readonly OutputColumn[];
  readonly problem: Problem;
  /** Of the reference; null: it is learned from the rows on record. */
  readonly importance: Readonly<Record<string, number>> | null;
}

/** Rows of each side; which ones is told by a hash. */
const mostRows = 20_000;
const leastRows = 200;
const mostInputs = 200;

/** @returns null where there are too few rows from before */
export async function run(input: ExplainInput, { db }: ViewsContext): Promise<Moved | null> {
  await db.exec(truthsSql);
  const { window, problem, inputs, outputs } = input;
  const at = (ms: number) => `make_timestamp_ms(${ms})`;
  const before = await readRows(db, input, `p.predicted_at < ${at(window.from)}`);
  if (before.n < leastRows) return null;
  const now = await readRows(db, input, `p.predicted_at >= ${at(window.from)} and p.predicted_at < ${at(window.to)}`);
  const known = input.importance ?? {};
  const importance =
    Object.keys(known).length > 0
      ? known
      : findImportance({ ...before, times: null, truth: null }, { inputs, outputs });
  const onlyInputs = (columns: ReadonlyMap<string, Column>) =>
    new Map([...columns].filter(([name]) => inputs.includes(name)));
  const losses = (rows: Rows) => lossesOf(problem, toScored(problem, rows));
  return explain(
    { columns: onlyInputs(before.columns), losses: losses(before) },
    { columns: onlyInputs(now.columns), losses: losses(now) },
    importance,
  );
}

interface Rows {
  readonly n: number;
  readonly columns: ReadonlyMap<string, Column>;
  readonly truth: readonly (string | null)[];
}

const numeric = /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE)$/;
const textual = /^(VARCHAR|BOOLEAN)$/;

async function readRows(db: LakeDb, input: ExplainInput, times: string): Promise<Rows> {
  const { inputs, outputs } = input;
  const types = new Map((await db.describe("select * from predictions")).map(({ name, type }) => [name, type]));
  const wanted = [
    ...inputs.slice(0, mostInputs),
    ...outputs.flatMap(({ name, probabilities }) => [name, ...probabilities]),
  ];
  const chosen = [...new Set(wanted)].flatMap((name): { name: string; kind: ColumnKind }[] => {
    const type = types.get(name) ?? "";
    if (numeric.test(type)) return [{ name, kind: "number" }];
    return textual.test(type) ? [{ name, kind: "text" }] : [];
  });
  const list = chosen.map(({ name, kind }) => `p.${quoteName(name)}::${kind === "number" ? "double" : "varchar"}`);
  const sql = `select ${[...list, 't."value"'].join(", ")} from predictions p
    left join truths t on t.id = p.id and t."row" = p."row"
    where ${versionSql(input)} and ${times} order by hash(p.id, p."row"), p.id, p."row" limit ${mostRows}`;
  const { n, columns } = await readColumns(db, sql, [...chosen.map(({ kind }) => kind), "text"]);
  const truth = columns.at(-1) as readonly (string | null)[];
  return { n, truth, columns: new Map(chosen.map(({ name }, i) => [name, columns[i]!])) };
}

function toScored(problem: Problem, { n, columns, truth }: Rows) {
  const score = (name: string | null) => {
    const column = name === null ? undefined : columns.get(name);
    return column instanceof Float64Array ? column : null;
  };
  const prediction = problem.prediction === null ? null : (columns.get(problem.prediction) ?? []);
  return toScoredRows(problem, { n, prediction, scores: problem.scores.map(score), truth }).rows;
}
