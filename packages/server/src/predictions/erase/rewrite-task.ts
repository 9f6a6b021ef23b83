/** What the processes of the lake do for an erase: they write files anew without the rows that go. */
import { type LakeContext, quoteText } from "../../platform/lake/index.ts";
import type { NamedType } from "../../platform/lake/lake-db.ts";
import { layoutOf, parquetOptions, syncFile } from "../lake/parquet-file.ts";

type LakeDb = LakeContext["db"];

export interface RewriteFile {
  readonly id: string;
  /** Absolute. */
  readonly path: string;
  /** Where it is written anew if anything of it goes. */
  readonly tempPath: string;
}

/** Rows that matched, and rows that went though they did not. */
export interface GoneRows {
  readonly rowsPath: string;
  readonly widenedPath: string;
  /** Asks the name of each step before it: for tests that stop it there. */
  readonly steps?: boolean;
}

export interface PredictionsInput extends GoneRows {
  readonly kind: "predictions";
  readonly files: readonly RewriteFile[];
  /** What repeated the predictions for nobody. */
  readonly shadows: readonly RewriteFile[];
}

export interface LabelsInput extends GoneRows {
  readonly kind: "labels";
  readonly files: readonly RewriteFile[];
  /** Files of predictions of the same endpoint, before anything is taken out of them. */
  readonly predictions: readonly string[];
  /** Labels that wait in SQL. */
  readonly waiting: readonly {
    readonly id: string;
    readonly prediction: string | null;
    readonly row: number | null;
    readonly key: string | null;
  }[];
}

/** One of the files, of which something went. */
export interface Rewritten {
  readonly id: string;
  readonly removed: number;
  /** Null: nothing is left. */
  readonly written: {
    readonly rows: number;
    readonly bytes: number;
    readonly minAt: number;
    readonly maxAt: number;
  } | null;
}

export interface RewriteResult {
  readonly files: readonly Rewritten[];
  /** Of the labels that wait: those to be deleted. */
  readonly waiting: readonly string[];
}

export async function run(
  input: PredictionsInput | LabelsInput,
  { db, onProgress, ask }: LakeContext,
): Promise<RewriteResult> {
  await loadGone(db, input);
  const about = input.kind === "labels" ? await prepareLabels(db, input) : predictionRows;
  const files: Rewritten[] = [];
  const shadows = input.kind === "labels" ? [] : input.shadows;
  for (const [i, file] of [...input.files, ...shadows].entries()) {
    onProgress(i / (input.files.length + shadows.length));
    if (input.steps === true) await ask(`rewrite ${input.kind}`);
    const rewritten = await rewrite(db, file, i < input.files.length ? about : shadowRows);
    if (rewritten !== null) files.push(rewritten);
  }
  if (input.steps === true) await ask(`rewritten ${input.kind}`);
  return { files, waiting: input.kind === "labels" ? await findWaiting(db, input) : [] };
}

async function loadGone(db: LakeDb, { rowsPath, widenedPath }: GoneRows): Promise<void> {
  const columns = "columns = {'id': 'UUID', 'row': 'BIGINT'}, header = false, auto_detect = false";
  await db.exec(`create temp table gone as select id, "row"::bigint as "row" from read_parquet(${quoteText(rowsPath)})
    union select id, "row" from read_csv(${quoteText(widenedPath)}, ${columns}, delim = ',')`);
}

interface About {
  /** Whether the row \`r\` of a file goes. */
  readonly goes: string;
  readonly time: string;
  /** Of the file, by its columns. */
  readonly options: (columns: readonly NamedType[]) => string;
}

const predictionRows: About = {
  goes: `exists (select 1 from gone g where g.id = r.id and g."row" = r."row")`,
  time: "predicted_at",
  options: (columns) => parquetOptions(layoutOf(columns)),
};

/** What was answered once more, for nobody, goes with what it repeats. */
const shadowRows: About = {
  ...predictionRows,
  goes: `exists (select 1 from gone g where g.id = r.shadow_of and g."row" = r."row")`,
};

const labelRows: About = {
  goes: `(exists (select 1 from gone g where g.id = r.prediction and g."row" = coalesce(r."row", 0))
    or (r.prediction is null and r."key" in (select "key" from gone_keys)))`,
  time: "received_at",
  options: () => "format parquet, compression zstd, kv_metadata {slipway_labels: '1'}",
};

/** Keys of which no prediction is left: labels by these keys are about nobody else. */
async function prepareLabels(db: LakeDb, { predictions }: LabelsInput): Promise<About> {
  const paths = predictions.map(quoteText).join(", ");
  const all =
    predictions.length === 0
      ? `select null::uuid as id, null::bigint as "row", null::varchar as "key" where false`
      : `select id, "row", "key" from read_parquet([${paths}], union_by_name = true) where "key" is not null`;
  await db.exec(`create temp table gone_keys as select "key" from (
    select "key", bool_and(exists (select 1 from gone g where g.id = r.id and g."row" = r."row")) as all_gone
    from (${all}) r group by "key") where all_gone`);
  return labelRows;
}

async function findWaiting(db: LakeDb, { waiting }: LabelsInput): Promise<string[]> {
  if (waiting.length === 0) return [];
  await db.exec(
    `create temp table waiting as select unnest(from_json($1,
      '[{"id": "VARCHAR", "prediction": "UUID", "row": "BIGINT", "key": "VARCHAR"}]'), recursive := true)`,
    [JSON.stringify(waiting)],
  );
  const rows = await db.rows(`select r.id as label from waiting r where ${labelRows.goes}`);
  return rows.map((row) => String(row["label"]));
}

async function rewrite(db: LakeDb, { id, path, tempPath }: RewriteFile, about: About): Promise<Rewritten | null> {
  const source = `read_parquet(${quoteText(path)})`;
  const [counted] = await db.rows(`select count(*) as gone from ${source} r where ${about.goes}`);
  const removed = Number(counted?.["gone"]);
  if (removed === 0) return null;
  const [all] = await db.rows(`select count(*) as total from ${source}`);
  const rows = Number(all?.["total"]) - removed;
  if (rows === 0) return { id, removed, written: null };
  const options = about.options(await db.describe(`select * from ${source}`));
  await db.exec(`copy (
    select * exclude (file_row_number) from read_parquet(${quoteText(path)}, file_row_number = true) r
    where not ${about.goes} order by file_row_number) to ${quoteText(tempPath)} (${options})`);
  const bytes = syncFile(tempPath);
  const [times] = await db.rows(
    `select epoch_ms(min(${about.time})) as low, epoch_ms(max(${about.time})) as high from read_parquet(${quoteText(tempPath)})`,
  );
  return { id, removed, written: { rows, bytes, minAt: Number(times?.["low"]), maxAt: Number(times?.["high"]) } };
}
