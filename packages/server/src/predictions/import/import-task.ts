/** What a process of the lake does with a file of predictions. */
import { SlipwayError } from "@slipway/contract/errors";
import type { Signature } from "@slipway/runtime";
import type { LakeContext } from "../../platform/lake/index.ts";
import { DuckDbError, type LakeDb } from "../../platform/lake/lake-db.ts";
import { quoteText } from "../../platform/lake/quote.ts";
import { refuse } from "../labels/attach.ts";
import { firstLine, listRejects, type Problem } from "../labels/incoming.ts";
import { syncFile } from "../lake/parquet-file.ts";
import { checkRows, makeIds } from "./check-rows.ts";
import { toRoles, type ColumnRoles } from "./columns.ts";
import type { ImportAnswer, ImportTask } from "./import-job.ts";
import { readRaw, type RawTable } from "../../platform/lake/raw-table.ts";
import { findValues } from "./find-values.ts";
import { toSignature, type ShownModel } from "./signature.ts";
import { writeLog } from "./write-log.ts";

/** First: which signature these rows have, where a version of theirs is there (`Signature | null`). Then, before they are written, the version (`ImportAnswer`). */
export type ImportQuestion = { readonly find: ShownModel } | { readonly make: Signature };

export interface ImportOutput {
  readonly roles: ColumnRoles;
  readonly rows: number;
  readonly stored: number;
  readonly duplicates: number;
  readonly skipped: number;
  readonly problems: readonly Problem[];
  /** Rows with a label, new or not. */
  readonly labelled: number;
  /** Milliseconds; null where there is no row. */
  readonly from: number | null;
  readonly to: number | null;
  /** The instance of the log, in `folder`; null where no row is new. */
  readonly instance: string | null;
  readonly notes: readonly string[];
}

export async function run(task: ImportTask, { db, onProgress, ask }: LakeContext): Promise<ImportOutput> {
  await db.lock([task.file.path, ...task.known, task.labels]);
  onProgress("reading the file");
  const raw = await readRaw(db, task.file).catch(unreadable);
  const broken = await listRejects(db);
  const roles = toRoles(raw.columns, task.columns, task.spread !== null);
  const found = await findValues(db, raw, { roles, isText: task.file.format === "csv" });
  const shown = toSignature(roles, found, task.positive);
  const isOnly = typeof roles.probability === "string" && roles.outputs.length === 0;
  const classes = isOnly ? found.classes : null;
  const known = (await ask({ find: { signature: shown, classes } } satisfies ImportQuestion)) as Signature | null;
  const signature = known ?? shown;
  onProgress("looking at the rows");
  const { wrong, problems: bad } = await checkRows(db, raw, { ...task, roles, signature });
  const problems = [...broken, ...bad].toSorted((a, b) => a.line - b.line).slice(0, 100);
  const skipped = wrong + broken.length;
  if (skipped > 0 && !task.skipBad) refuse(skipped, problems);
  onProgress("looking for rows that are on record already");
  await makeIds(db, { ...task, signature });
  const [about] = await db.rows(`select (select count(*) from valid) as rows, (select count(*) from fresh) as stored,
    (select epoch_ms(min(made_at)) from valid) as low, (select epoch_ms(max(made_at)) from valid) as high`);
  const [rows, stored] = [Number(about?.["rows"]), Number(about?.["stored"])];
  const answer = (await ask({ make: signature } satisfies ImportQuestion)) as ImportAnswer;
  const instance = stored === 0 ? null : await writeLog(db, { ...task, ...answer, signature, stored, onProgress });
  const labelled = roles.label === null ? 0 : await writeLabels(db, task.labels);
  return {
    roles,
    rows: rows + skipped,
    stored,
    duplicates: rows - stored,
    skipped,
    problems,
    labelled,
    from: rows === 0 ? null : Number(about?.["low"]),
    to: rows === 0 ? null : Number(about?.["high"]),
    instance,
    notes: toNotes(roles, task.positive),
  };
}

/** What the person who imports may not expect. */
function toNotes({ probability, outputs }: ColumnRoles, positive: string | undefined): string[] {
  if (positive === undefined || typeof probability !== "string" || outputs.length === 0) return [];
  return [
    `${probability} stands beside ${outputs[0]}: say which class it is of with "positive: ${positive}" under "monitor.labels" of slipway.yaml, and apply it.`,
  ];
}

function unreadable(error: unknown): RawTable {
  if (!(error instanceof DuckDbError)) throw error;
  throw new SlipwayError("invalid_file", `The predictions cannot be read: ${firstLine(error.message)}`);
}

/** Of every valid row, whether or not it is new: a label often comes later than its prediction. */
async function writeLabels(db: LakeDb, path: string): Promise<number> {
  const [count] = await db.rows("select count(*) as n from valid where label is not null");
  const labelled = Number(count?.["n"]);
  if (labelled === 0) return 0;
  await db.exec(`copy (select id::varchar as prediction, label as value, coalesce(label_at, made_at) as observed_at
    from valid where label is not null order by made_at, line) to ${quoteText(path)} (format parquet)`);
  syncFile(path);
  return labelled;
}
