/** What the process of the lake does for a test on demand: reads both samples and holds each column against the other. */
import { quoteName, quoteText } from "../../platform/lake/quote.ts";
import type { ViewsContext } from "../../predictions/index.ts";
import { readSample, toKind } from "../drift/read-sample.ts";
import { readColumns } from "../performance/read-columns.ts";
import { answeredSql } from "../performance/version-sql.ts";
import type { ExactJob, ExactResult } from "./exact-job.ts";
import { adjust, testColumn } from "./test-column.ts";

export async function run(job: ExactJob, { db }: ViewsContext): Promise<ExactResult> {
  const { model, version, from, to, mostRows } = job;
  const sample = await readSample(db, job.path, job.columns);
  const there = new Set((await db.describe("select * from predictions")).map(({ name }) => name));
  const columns = job.columns.filter(({ name }) => there.has(name) && sample.columns.has(name));
  const where = `p.model = ${quoteText(model)} and p.version = ${version} and ${answeredSql}
    and p.predicted_at >= make_timestamp_ms(${from}) and p.predicted_at < make_timestamp_ms(${to})`;
  const [counted] = await db.rows(`select count(*)::double as n from predictions p where ${where}`);
  const rows = Number(counted?.["n"] ?? 0);
  const part = Math.max(1, Math.ceil(rows / mostRows));
  const drawn = part === 1 ? "" : ` and hash(p.id, p."row") % ${part} = 0`;
  const list = columns.map(({ name, kind }) => `p.${quoteName(name)}::${kind === "number" ? "double" : "varchar"}`);
  const found =
    rows === 0 || columns.length === 0
      ? { n: 0, columns: [] }
      : await readColumns(
          db,
          `select ${list.join(", ")} from predictions p where ${where}${drawn}`,
          columns.map(({ kind }) => toKind(kind)),
        );
  const tested = columns.map((plan, i) => testColumn(plan, sample.columns.get(plan.name)!, found.columns[i] ?? []));
  return { rows, tested: found.n, referenceRows: sample.n, columns: adjust(tested) };
}
