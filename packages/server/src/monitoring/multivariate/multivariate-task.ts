/** What the process of the lake does to look at all columns of a window together. */
import type { LakeDb } from "../../platform/lake/lake-db.ts";
import { quoteName } from "../../platform/lake/quote.ts";
import type { ViewsContext } from "../../predictions/index.ts";
import { encodeCategories, type FeatureColumn } from "@slipway/statistics";
import { readSome, toKind } from "../drift/read-sample.ts";
import { readColumns } from "../performance/read-columns.ts";
import type { Column } from "../performance/scored-rows.ts";
import { versionSql } from "../performance/version-sql.ts";
import type { ColumnPlan } from "../profiles/index.ts";
import { placesOf } from "../reference/blocks-of.ts";
import { compareRows, learnUsual, type Compared, type Usual } from "./compare-rows.ts";
import type { Window } from "../watched.ts";

export interface MultivariateJob {
  readonly model: string;
  readonly version: number;
  readonly window: Window;
  /** The sample of the reference. */
  readonly path: string;
  /** The inputs that are looked at. */
  readonly columns: readonly ColumnPlan[];
  readonly windowMs: number;
  /** Null: it has to be learned. */
  readonly usual: Usual | null;
}

export interface MultivariateFound {
  /** Rows of the window, 1,000 at most. */
  readonly rows: number;
  readonly sampleRows: number;
  /** Null: the reference's sample has too few rows a window. */
  readonly usual: Usual | null;
  readonly compared: Compared | null;
  /** Names of the columns that were looked at. */
  readonly names: readonly string[];
}

const mostRows = 1000;
/** Rows of the sample that are enough where it is known what is usual. */
const enoughRows = 4000;

export async function run(job: MultivariateJob, { db }: ViewsContext): Promise<MultivariateFound> {
  const sample = await readSome(db, {
    path: job.path,
    columns: job.columns,
    most: job.usual === null ? null : enoughRows,
  });
  const there = job.columns.filter(({ name }) => sample.columns.has(name));
  const current = await readWindow(db, job, there);
  const names = there.map(({ name }) => name);
  const none = { rows: current.n, sampleRows: sample.n, names, compared: null };
  if (current.n === 0 || names.length === 0) return { ...none, usual: job.usual };
  const features = there.map(({ name }, i) => toFeatures(sample.columns.get(name)!, current.columns[i]!));
  const reference = {
    n: sample.n,
    places: placesOf(sample, job.windowMs),
    columns: features.map(({ before }) => before),
  };
  const usual = job.usual !== null && job.usual.rows <= current.n ? job.usual : learnUsual(reference, current.n);
  if (usual === null) return { ...none, usual: null };
  const window = features.map(({ now }) => take(now, usual.rows));
  return { ...none, usual, compared: compareRows(reference, { window }) };
}

async function readWindow(db: LakeDb, job: MultivariateJob, columns: readonly ColumnPlan[]) {
  const at = (ms: number) => `make_timestamp_ms(${ms})`;
  const list = columns.map(({ name, kind }) => `p.${quoteName(name)}::${kind === "number" ? "double" : "varchar"}`);
  const sql = `select ${list.join(", ")} from predictions p where ${versionSql(job)}
    and p.predicted_at >= ${at(job.window.from)} and p.predicted_at < ${at(job.window.to)}
    order by hash(p.id, p."row"), p.id, p."row" limit ${mostRows}`;
  return readColumns(
    db,
    sql,
    columns.map(({ kind }) => toKind(kind)),
  );
}

function toFeatures(before: Column, now: Column): { before: FeatureColumn; now: FeatureColumn } {
  if (before instanceof Float64Array && now instanceof Float64Array)
    return { before: { kind: "number", values: before }, now: { kind: "number", values: now } };
  const { codes, known } = encodeCategories(before as readonly (string | null)[]);
  const encoded = encodeCategories(now as readonly (string | null)[], known);
  return { before: { kind: "category", codes }, now: { kind: "category", codes: encoded.codes } };
}

/** The first rows: their order is by chance. */
function take(column: FeatureColumn, rows: number): FeatureColumn {
  return column.kind === "number"
    ? { kind: "number", values: Float64Array.from(column.values).subarray(0, rows) }
    : { kind: "category", codes: Float64Array.from(column.codes).subarray(0, rows) };
}
