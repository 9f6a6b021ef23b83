/** What the process of the lake does for a comparison on a file: reads its rows and has them answered. */
import { SlipwayError } from "@slipway/contract/errors";
import type { LakeContext } from "../../platform/lake/index.ts";
import { numberSql, readRaw, textSql, type TableFile } from "../../platform/lake/raw-table.ts";
import type { Columns, Value } from "./pairs.ts";

export interface RowsJob {
  readonly file: TableFile;
  /** For messages. */
  readonly name: string;
  readonly label: string | null;
  /** Inputs of either version. */
  readonly columns: readonly { readonly name: string; readonly kind: "number" | "text" | "boolean" | "list" }[];
  /** Most rows; of more, some that are spread evenly. */
  readonly limit: number;
  /** Of one question. */
  readonly rows: number;
}

export interface RowsQuestion {
  readonly names: readonly string[];
  readonly inputs: Columns;
  readonly truth: readonly (string | null)[] | null;
  /** How far it is, 0 to 1. */
  readonly share: number;
}

export type RowsAnswer = null | { readonly failure: string };

export async function run(job: RowsJob, { db, ask }: LakeContext): Promise<{ readonly limited: boolean }> {
  await db.lock([job.file.path]);
  const raw = await readRaw(db, job.file);
  const there = new Set(raw.columns.map(({ name }) => name));
  if (job.label !== null && !there.has(job.label))
    throw new SlipwayError("invalid_file", `${job.name} has no column ${job.label}, which is to hold what came true.`, {
      file: job.name,
      column: job.label,
    });
  const columns = job.columns.filter(({ name }) => there.has(name));
  const [count] = await db.rows("select count(*) as n from raw");
  const all = Number(count?.["n"]);
  const n = Math.min(all, job.limit);
  const selected = [
    "line",
    job.label === null ? "null" : textSql(raw, job.label),
    ...columns.map(({ name, kind }) =>
      kind === "list" ? raw.sql(name) : kind === "number" ? numberSql(raw, name) : textSql(raw, name),
    ),
  ].map((sql, i) => `${sql} as v${i}`);
  // Of more rows every so many-th, in whole numbers, so that the same ones are taken each time.
  const where = all <= n ? "" : `where (place * ${n}) // ${all} <> ((place - 1) * ${n}) // ${all}`;
  const from = "(select *, row_number() over (order by line) as place from raw)";
  const { chunks } = await db.stream(`select ${selected.join(", ")} from ${from} ${where} order by place`);
  let open: unknown[][] = [];
  let done = 0;

  async function send(): Promise<void> {
    if (open.length === 0) return;
    done += open.length;
    const inputs = columns.map(({ name, kind }, c) => [name, open.map((row) => toValue(row[c + 2], kind))] as const);
    const truth = job.label === null ? null : open.map((row) => row[1] as string | null);
    const names = open.map(([line]) => String(line));
    open = [];
    const question: RowsQuestion = { names, inputs: Object.fromEntries(inputs), truth, share: done / n };
    const answer = (await ask(question)) as RowsAnswer;
    if (answer !== null)
      throw new SlipwayError("invalid_file", `Line ${names[0]} and below of ${job.name}: ${answer.failure}`, {
        file: job.name,
      });
  }

  for await (const chunk of chunks)
    for (const row of chunk) {
      open.push(row);
      if (open.length === job.rows) await send();
    }
  await send();
  return { limited: all > n };
}

function toValue(value: unknown, kind: RowsJob["columns"][number]["kind"]): Value {
  if (kind === "boolean") return value === null ? null : /^(?:true|1)$/i.test(String(value));
  return value as Value;
}
