import type { TaskDb } from "../../platform/sql/index.ts";
import { toMetricJson } from "../metrics/point.ts";
import { findSeries } from "./history.ts";
import { JsonBytes } from "./json-bytes.ts";

export interface IntervalQuery {
  readonly runIds: readonly string[];
  readonly key: string;
  /** Of each run. */
  readonly maxResults: number;
  /** Both ends belong to it; null: all steps. */
  readonly steps: readonly [first: number, last: number] | null;
  /** Of more points in a series nobody counts all. */
  readonly countable: number;
}

interface Point {
  readonly step: number;
  readonly timestamp: number;
  readonly value: number;
  readonly is_nan: number;
}

interface Series extends Omit<IntervalQuery, "runIds" | "key"> {
  readonly n: number;
}

/** MLflow's answer as JSON, for charts: points of each run, spread evenly, with the first and the last one. */
export async function sampleHistory(db: TaskDb, { runIds, key, ...query }: IntervalQuery): Promise<Uint8Array> {
  const json = new JsonBytes();
  let isEmpty = true;
  for (const runId of runIds) {
    const n = await findSeries(db, runId, key);
    const sample = n === null ? [] : await sampleSeries(db, { n, ...query });
    if (sample.length === 0) continue;
    const points = sample.map((point) => JSON.stringify({ ...toMetricJson({ key, ...point }), run_id: runId }));
    json.add(`${isEmpty ? '{"metrics":[' : ","}${points.join(",")}`);
    isEmpty = false;
  }
  json.add(isEmpty ? "{}" : "]}");
  return json.toBytes();
}

async function sampleSeries(db: TaskDb, series: Series): Promise<readonly Point[]> {
  const all = await readFirst(db, series, series.maxResults + 1);
  if (all.length <= series.maxResults) return all;
  const last = (await readLast(db, series))!;
  if (series.maxResults === 1) return [last];
  const count = await countPoints(db, series, series.countable + 1);
  if (count <= series.countable) return withLast(await readByRank(db, series, count), last, series.maxResults);
  const sample = withLast(await readByPlace(db, series, [all[0]!, last]), last, series.maxResults);
  // Many points at few places: the even way, whatever it costs.
  if (sample.length >= series.maxResults / 2) return sample;
  const total = await countPoints(db, series, Number.MAX_SAFE_INTEGER);
  return withLast(await readByRank(db, series, total), last, series.maxResults);
}

const columns = "step, timestamp, value, is_nan";
const descending = "step desc, timestamp desc, value desc, is_nan desc";

function scope({ n, steps }: Series): { readonly where: string; readonly values: readonly number[] } {
  return steps === null
    ? { where: "series_n = ?", values: [n] }
    : { where: "series_n = ? and step >= ? and step <= ?", values: [n, ...steps] };
}

async function readFirst(db: TaskDb, series: Series, limit: number): Promise<readonly Point[]> {
  const { where, values } = scope(series);
  return db.rows<Point>(`select ${columns} from metrics where ${where} order by ${columns} limit ?`, [
    ...values,
    limit,
  ]);
}

async function readLast(db: TaskDb, series: Series): Promise<Point | undefined> {
  const { where, values } = scope(series);
  const rows = await db.rows<Point>(
    `select ${columns} from metrics where ${where} order by ${descending} limit 1`,
    values,
  );
  return rows[0];
}

async function countPoints(db: TaskDb, series: Series, most: number): Promise<number> {
  const { where, values } = scope(series);
  const [row] = await db.rows<{ readonly count: number }>(
    `select count(*) as count from (select step from metrics where ${where} order by step limit ?) x`,
    [...values, most],
  );
  return row!.count;
}

/** The ranks at which the shares begin, where `count` points are dealt to so many that are as equal as can be. */
export function shareStarts(count: number, shares: number): readonly number[] {
  const [size, larger] = [Math.floor(count / shares), count % shares];
  return Array.from({ length: shares }, (_, i) => i * size + Math.min(i, larger)).filter((start) => start < count);
}

/** The first point of each share, as MLflow has it: from one to the next without reading what lies between them. */
async function readByRank(db: TaskDb, series: Series, count: number): Promise<readonly Point[]> {
  const points: Point[] = [];
  const { where, values } = scope(series);
  const begin = `select ${columns} from metrics where ${where} order by ${columns} limit 1`;
  const last = series.steps === null ? [] : [series.steps[1]];
  // Only one lower bound, or the database may begin at the wrong one.
  const jump = `select ${columns} from metrics where series_n = ? and (${columns}) > (?, ?, ?, ?)
    ${series.steps === null ? "" : "and step <= ?"} order by ${columns} limit 1 offset ?`;
  let rank = 0;
  for (const start of shareStarts(count, series.maxResults)) {
    const before = points.at(-1);
    const [point] =
      before === undefined
        ? await db.rows<Point>(begin, values)
        : await db.rows<Point>(jump, [series.n, ...toPlace(before), ...last, start - rank - 1]);
    if (point === undefined) break;
    points.push(point);
    rank = start;
  }
  return points;
}

function toPlace({ step, timestamp, value, is_nan }: Point): readonly number[] {
  return [step, timestamp, value, is_nan];
}

/** As if there were one point for each step, or, where there is one step, for each millisecond: the same where there is. */
async function readByPlace(
  db: TaskDb,
  { n, maxResults }: Series,
  [first, last]: readonly [Point, Point],
): Promise<readonly Point[]> {
  const axis = first.step === last.step ? "timestamp" : "step";
  const seek = `select ${columns} from metrics where series_n = ? and ${axis === "step" ? "" : "step = ? and "}${axis} >= ?
    and ${axis} <= ? order by ${columns} limit 1`;
  const points: Point[] = [];
  for (const start of shareStarts(last[axis] - first[axis] + 1, maxResults)) {
    const place = first[axis] + start;
    if ((points.at(-1)?.[axis] ?? place - 1) >= place) continue;
    const [point] = await db.rows<Point>(seek, [n, ...(axis === "step" ? [] : [first.step]), place, last[axis]]);
    if (point !== undefined) points.push(point);
  }
  return points;
}

function withLast(points: readonly Point[], last: Point, most: number): readonly Point[] {
  const end = points.at(-1);
  const isThere =
    end !== undefined &&
    end.step === last.step &&
    end.timestamp === last.timestamp &&
    end.value === last.value &&
    end.is_nan === last.is_nan;
  if (isThere) return points;
  return points.length < most ? [...points, last] : [...points.slice(0, -1), last];
}
