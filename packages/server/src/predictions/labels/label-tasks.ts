/** What the processes of the lake do with labels. */
import type { AmbiguousRule, LabelImportResult } from "@slipway/contract";
import { SlipwayError } from "@slipway/contract/errors";
import { DuckDbError, type LakeDb } from "../../platform/lake/lake-db.ts";
import type { LakeContext } from "../../platform/lake/index.ts";
import { quoteText } from "../../platform/lake/quote.ts";
import { checkRows, countAttached, dropDuplicates, fileOptions, refuse, writeFresh } from "./attach.ts";
import { firstLine, listRejects, readIncoming, type Columns, type Origin } from "./incoming.ts";
import type { KnownLabel, Label } from "./label.ts";
import { eventsQuery, labelViews, targetSql } from "./label-sql.ts";
import { syncFile } from "../lake/parquet-file.ts";
import { predictionsView } from "./predictions-view.ts";

/** The files of one endpoint, as `lake_files` lists them. */
export interface LakePaths {
  readonly predictions: readonly string[];
  readonly labels: readonly string[];
}

export interface ImportInput {
  readonly kind: "import";
  readonly paths: LakePaths;
  readonly origin: Origin;
  readonly columns: Columns;
  readonly source: string;
  readonly ambiguous: AmbiguousRule;
  readonly skipBad: boolean;
  readonly receivedAt: number;
  readonly idPrefix: string;
  /** Written where anything is new. */
  readonly path: string;
}

/** Null: nothing was written. */
export type WrittenFile = {
  readonly rows: number;
  readonly bytes: number;
  readonly minAt: number;
  readonly maxAt: number;
} | null;

export interface ImportOutput extends Omit<LabelImportResult, "endpoint"> {
  readonly file: WrittenFile;
  /** The newest time of observation that was given; milliseconds. */
  readonly watermark: number | null;
}

export interface KeepInput {
  readonly kind: "keep";
  readonly labels: readonly Label[];
  /** Of which duplicates are dropped. */
  readonly files: readonly string[];
  /** Those of them whose rows go into the new file. */
  readonly merge: readonly string[];
  readonly path: string;
}

export interface LookInput {
  readonly kind: "look";
  readonly paths: LakePaths;
  readonly labels: readonly Pick<Label, "prediction" | "row" | "key">[];
}

/** In the order of the labels: how many predictions each names. */
export interface LookOutput {
  readonly known: readonly KnownLabel[];
  readonly counts: readonly number[];
}

export interface ListInput {
  readonly kind: "list";
  readonly files: readonly string[];
  readonly limit: number;
  readonly since: number | null;
  readonly prediction: string | null;
  readonly row: number | null;
  readonly key: string | null;
  /** Received at, and id: what comes after. */
  readonly after: { readonly receivedAt: number; readonly id: string } | null;
}

export interface ListedLabel {
  readonly id: string;
  readonly prediction: string | null;
  readonly key: string | null;
  readonly value: string;
  readonly number: number | null;
  readonly observedAt: number;
  readonly receivedAt: number;
  readonly source: string;
}

export interface FindInput {
  readonly kind: "find";
  readonly paths: LakePaths;
  readonly prediction: string;
  readonly row: number;
}

export interface SummaryInput {
  readonly kind: "summary";
  readonly paths: LakePaths;
}

export interface SummaryOutput {
  readonly labels: number;
  readonly labelled: number;
  readonly unknown: number;
  readonly ambiguous: number;
  readonly corrected: number;
  readonly latestObservedAt: number | null;
}

export type LabelTask = ImportInput | KeepInput | LookInput | ListInput | FindInput | SummaryInput;

export async function run(task: LabelTask, { db, onProgress }: LakeContext): Promise<unknown> {
  if (task.kind === "import") return importLabels(db, task, onProgress);
  if (task.kind === "keep") return keep(db, task);
  if (task.kind === "look") return look(db, task);
  if (task.kind === "list") return list(db, task);
  if (task.kind === "find") return find(db, task);
  return summarise(db, task);
}

async function importLabels(
  db: LakeDb,
  task: ImportInput,
  onProgress: (message: string) => void,
): Promise<ImportOutput> {
  onProgress("reading the labels");
  const read = async () => {
    await readIncoming(db, task.origin, task.columns);
    return checkRows(db, task);
  };
  const { wrong, problems: bad } = await read().catch((error: unknown) => {
    if (!(error instanceof DuckDbError)) throw error;
    throw new SlipwayError("invalid_file", `The labels cannot be read: ${firstLine(error.message)}`);
  });
  const broken = await listRejects(db);
  const problems = [...broken, ...bad].toSorted((a, b) => a.line - b.line).slice(0, 100);
  const skipped = wrong + broken.length;
  if (skipped > 0 && !task.skipBad) refuse(skipped, problems);
  onProgress("looking for labels that are there already");
  await dropDuplicates(db, task.paths.labels);
  onProgress("matching predictions");
  await db.exec(predictionsView(task.paths.predictions));
  const attached = await countAttached(db, task.ambiguous);
  const [about] = await db.rows(`select count(*) as n, (select count(*) from fresh) as stored,
    epoch_ms(max(observed_at) filter (timed)) as watermark from valid`);
  const [valid, stored] = [Number(about?.["n"]), Number(about?.["stored"])];
  onProgress("writing the labels");
  if (stored > 0) await writeFresh(db, task);
  return {
    rows: valid + skipped,
    stored,
    duplicates: valid - stored,
    skipped,
    ...attached,
    problems,
    file: stored > 0 ? await describeFile(db, task.path) : null,
    watermark: toMs(about?.["watermark"]),
  };
}

function toMs(value: unknown): number | null {
  return value === null || value === undefined ? null : Number(value);
}

async function describeFile(db: LakeDb, path: string): Promise<NonNullable<WrittenFile>> {
  const [found] =
    await db.rows(`select count(*) as n, epoch_ms(min(received_at)) as low, epoch_ms(max(received_at)) as high
    from read_parquet(${quoteText(path)})`);
  const { n, low, high } = found ?? {};
  return { rows: Number(n), minAt: Number(low), maxAt: Number(high), bytes: syncFile(path) };
}

const labelJson = `[{"id": "UUID", "prediction": "UUID", "row": "BIGINT", "key": "VARCHAR", "value": "VARCHAR", "number": "DOUBLE",
  "observedAt": "BIGINT", "timed": "BOOLEAN", "receivedAt": "BIGINT", "source": "VARCHAR", "ambiguous": "VARCHAR"}]`;

/**
 * Writes labels that were posted, without those that say nothing new: they were compared with one another when they came,
 * and with the files perhaps not.
 */
async function keep(db: LakeDb, { labels, files, merge, path }: KeepInput): Promise<WrittenFile> {
  await db.exec(
    `create temp table pending as select id as label_id, prediction, "row", "key", "value", "number",
      make_timestamp("observedAt" * 1000) as observed_at, timed, make_timestamp("receivedAt" * 1000) as received_at, "source", ambiguous,
      ${targetSql} as target
    from (select unnest(from_json($1, ${quoteText(labelJson)}), recursive := true))`,
    [JSON.stringify(labels)],
  );
  await db.exec(`create temp table known as select * from (select *, ${targetSql} as target from (${eventsQuery(files)}))
    where target in (select target from pending)`);
  const merged =
    merge.length === 0 ? "" : `union all by name select * from read_parquet([${merge.map(quoteText).join(", ")}])`;
  await db.exec(`copy (select * from (
    select p.* exclude (target) from pending p where case when timed then not exists (
        select 1 from known k where k.target = p.target and k."value" = p."value" and k.observed_at = p.observed_at and k."source" = p."source")
      else exists (select 1 from pending o where o.target = p.target and (o.received_at, o.label_id) < (p.received_at, p.label_id))
        or coalesce((select arg_max(struct_pack(v := k."value", s := k."source"), struct_pack(r := k.received_at, l := k.label_id))
          from known k where k.target = p.target and k.received_at <= p.received_at) <> struct_pack(v := p."value", s := p."source"), true)
      end
    ${merged}) order by received_at, label_id) to ${quoteText(path)} (${fileOptions})`);
  const written = await describeFile(db, path);
  return written.rows === 0 ? null : written;
}

async function look(db: LakeDb, { paths, labels }: LookInput): Promise<LookOutput> {
  const wanted = labels.map(({ prediction, row, key }, line) => ({ line, prediction, row, key }));
  await db.exec(
    `create temp table valid as select *, ${targetSql} as target
    from (select unnest(from_json($1, '[{"line": "BIGINT", "prediction": "UUID", "row": "BIGINT", "key": "VARCHAR"}]'), recursive := true))`,
    [JSON.stringify(wanted)],
  );
  const known =
    await db.rows(`select label_id, target, "value", epoch_ms(observed_at) as observed, epoch_ms(received_at) as received, "source"
    from (select *, ${targetSql} as target from (${eventsQuery(paths.labels)})) where target in (select target from valid)`);
  await db.exec(predictionsView(paths.predictions));
  const found = await db.rows(`
    select line, count(p.id) as n from valid v left join (
        select id, "row" from predictions where id in (select prediction from valid)) p
      on p.id = v.prediction and (v."row" is null or p."row" = v."row") where v.prediction is not null group by line
    union all
    select line, count(p.id) as n from valid v left join (
        select id, "key" from predictions where "key" in (select "key" from valid) and status <> 'error') p
      on p."key" = v."key" where v.prediction is null group by line`);
  const counts = labels.map(() => 0);
  for (const { line, n } of found) counts[Number(line)] = Number(n);
  return {
    counts,
    known: known.map((row) => ({
      id: String(row["label_id"]),
      target: String(row["target"]),
      value: String(row["value"]),
      observedAt: Number(row["observed"]),
      receivedAt: Number(row["received"]),
      source: String(row["source"]),
    })),
  };
}

const listedColumns = `label_id, prediction::varchar || coalesce('/' || "row"::varchar, '') as prediction, "key", "value", "number",
  epoch_ms(observed_at) as observed, epoch_ms(received_at) as received, "source"`;

function toListed(row: Record<string, unknown>): ListedLabel {
  return {
    id: String(row["label_id"]),
    prediction: row["prediction"] as string | null,
    key: row["key"] as string | null,
    value: String(row["value"]),
    number: row["number"] as number | null,
    observedAt: Number(row["observed"]),
    receivedAt: Number(row["received"]),
    source: String(row["source"]),
  };
}

async function list(db: LakeDb, task: ListInput): Promise<readonly ListedLabel[]> {
  const { since, prediction, row, key, after } = task;
  const conditions = [
    since === null ? null : `received_at >= make_timestamp(${since} * 1000)`,
    prediction === null ? null : `prediction = ${quoteText(prediction)}::uuid`,
    row === null ? null : `coalesce("row", 0) = ${row}`,
    key === null ? null : `"key" = ${quoteText(key)}`,
    after === null
      ? null
      : `(received_at, label_id) < (make_timestamp(${after.receivedAt} * 1000), ${quoteText(after.id)}::uuid)`,
  ].filter((each) => each !== null);
  const where = conditions.length === 0 ? "" : `where ${conditions.join(" and ")}`;
  const rows = await db.rows(`select ${listedColumns} from (${eventsQuery(task.files)}) ${where}
    order by received_at desc, label_id desc limit ${task.limit}`);
  return rows.map(toListed);
}

async function find(db: LakeDb, { paths, prediction, row }: FindInput): Promise<ListedLabel | null> {
  await db.exec(predictionsView(paths.predictions, "every_prediction"));
  // Only what this prediction and its keys have to do with one another.
  await db.exec(`create temp view predictions as select * from every_prediction where id = ${quoteText(prediction)}::uuid
    or "key" in (select "key" from every_prediction where id = ${quoteText(prediction)}::uuid and "row" = ${row})`);
  await db.exec(labelViews(paths.labels));
  const [found] = await db.rows(`select label_id, null as prediction, null as "key", "value", "number",
      epoch_ms(observed_at) as observed, epoch_ms(received_at) as received, "source"
    from labels where id = ${quoteText(prediction)}::uuid and "row" = ${row}`);
  return found === undefined ? null : toListed(found);
}

async function summarise(db: LakeDb, { paths }: SummaryInput): Promise<SummaryOutput> {
  await db.exec(predictionsView(paths.predictions));
  await db.exec(labelViews(paths.labels));
  await db.exec(`create temp table attached as select m.label_id, m.id, m.prediction_row, hash(m."value") as said
    from label_matches m where exists (select 1 from predictions p where p.id = m.id and p."row" = m.prediction_row)`);
  const [all] = await db.rows("select count(*) as labels, epoch_ms(max(observed_at)) as latest from label_rows");
  await db.exec(`create temp table apart as select prediction, "row", "key" from label_rows e
    where not exists (select 1 from attached a where a.label_id = e.label_id)`);
  const [apart] = await db.rows(`select count(*) as apart, count(*) filter (prediction is not null and "row" is null
        and prediction in (select id from predictions where id in (select prediction from apart))
      or prediction is null and "key" in (select "key" from predictions
        where status <> 'error' and "key" in (select "key" from apart))) as ambiguous from apart`);
  const [pairs] = await db.rows(`select count(*) as labelled, count(*) filter (low <> high) as corrected
    from (select min(said) as low, max(said) as high from attached group by id, prediction_row)`);
  const ambiguous = Number(apart?.["ambiguous"]);
  return {
    labels: Number(all?.["labels"]),
    labelled: Number(pairs?.["labelled"]),
    unknown: Number(apart?.["apart"]) - ambiguous,
    ambiguous,
    corrected: Number(pairs?.["corrected"]),
    latestObservedAt: toMs(all?.["latest"]),
  };
}
