import type { Column } from "../performance/scored-rows.ts";
import type { ReferenceAnswer, ReferenceJob, ReferenceQuestion } from "./reference-job.ts";
import { spreadEvenly, takeReferenceRows, type ReferenceRows } from "./reference-rows.ts";

/** Rows that the version is asked about. */
const mostRows = 20_000;
/** Of one question: the answer has to go through the server's own process. */
const questionRows = 500;

export interface AnswerContext {
  readonly ask: (question: unknown) => Promise<unknown>;
  readonly onProgress: (message: string) => void;
  readonly notes: string[];
}

/** The rows with their outputs: as they are where the file has them, else some of them, which the version answers now. */
export async function answerRows(
  rows: ReferenceRows,
  job: ReferenceJob,
  { ask, onProgress, notes }: AnswerContext,
): Promise<ReferenceRows> {
  const outputs = job.columns.filter(({ role }) => role === "output");
  if (outputs.every(({ name }) => rows.columns.has(name))) return rows;
  if (!job.canRun) {
    notes.push("The reference has no outputs, and the version cannot be asked here, so nothing is compared there.");
    return rows;
  }
  const inputs = job.columns.filter(({ role, name }) => role === "input" && rows.columns.has(name));
  const some = takeReferenceRows(rows, spreadEvenly(rows.n, mostRows));
  const found = new Map<string, (number | string | null)[]>(outputs.map(({ name }) => [name, []]));
  for (let from = 0; from < some.n; from += questionRows) {
    if (from % (10 * questionRows) === 0) onProgress(`asking the version: ${from} of ${some.n} rows`);
    const to = Math.min(some.n, from + questionRows);
    const records = Array.from({ length: to - from }, (_, i) =>
      Object.fromEntries(
        inputs.map(({ name }) => [job.callerNames[name] ?? name, toValue(some.columns.get(name)?.[from + i])]),
      ),
    );
    const answer = (await ask({ records } satisfies ReferenceQuestion)) as ReferenceAnswer;
    if ("failure" in answer) {
      notes.push(`The version could not answer the reference, so nothing is compared there: ${answer.failure}`);
      return rows;
    }
    for (const { name } of outputs)
      found.get(name)!.push(...(answer.columns[name] ?? Array.from<null>({ length: records.length }).fill(null)));
  }
  const columns = new Map(some.columns);
  for (const { name, kind } of outputs) columns.set(name, toColumn(found.get(name)!, kind));
  return { ...some, columns };
}

function toValue(value: number | string | null | undefined): unknown {
  return typeof value === "number" && Number.isNaN(value) ? null : (value ?? null);
}

function toColumn(values: readonly (number | string | null)[], kind: "number" | "category"): Column {
  if (kind === "number") return Float64Array.from(values, (value) => (value === null ? Number.NaN : Number(value)));
  return values.map((value) => (value === null ? null : String(value)));
}
