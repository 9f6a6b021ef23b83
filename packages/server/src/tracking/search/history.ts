import type { TaskDb } from "../../platform/sql/index.ts";
import { list } from "../filter/fragment.ts";
import { JsonBytes } from "./json-bytes.ts";
import { jsonSql } from "./json-sql.ts";
import type { Key } from "./keyset.ts";
import { decodePageToken, encodePageToken, type TokenScope } from "./page-token.ts";

export interface HistoryQuery {
  readonly runId: string;
  readonly key: string;
  /** Null: all of it. */
  readonly maxResults: number | null;
  readonly pageToken: string | null;
}

interface Point {
  readonly timestamp: number;
  readonly step: number;
  readonly value: number;
  readonly is_nan: number;
}

/** So many points are in memory as text at a time. */
const chunk = 25_000;

/** MLflow's answer as JSON: by timestamp, step, value. A run or a metric that is not there has no points. */
export async function readHistory(db: TaskDb, query: HistoryQuery): Promise<Uint8Array> {
  const scope: TokenScope = {
    what: "run and metric",
    query: [query.runId, query.key],
    types: order.map(() => "number" as const),
  };
  let after = decodePageToken(scope, query.pageToken);
  const series = await findSeries(db, query.runId, query.key);
  const json = new JsonBytes();
  let isEmpty = true;
  const wanted = series === null ? 0 : (query.maxResults ?? Number.POSITIVE_INFINITY);
  for (let left = wanted; left > 0; left -= chunk) {
    const page = await readPoints(db, { series: series!, key: query.key, after, limit: Math.min(chunk, left) });
    if (page.items !== null) json.add(`${isEmpty ? '{"metrics":[' : ","}${page.items}`);
    isEmpty &&= page.items === null;
    after = page.next;
    if (after === null) break;
  }
  const next = series === null || after === null || query.maxResults === null ? null : encodePageToken(scope, after);
  json.add(isEmpty ? "{" : "]");
  json.add(next === null ? "}" : `,"next_page_token":${JSON.stringify(next)}}`);
  return json.toBytes();
}

export interface BulkHistoryQuery {
  readonly runIds: readonly string[];
  readonly key: string;
  readonly maxResults: number;
}

/** MLflow's answer as JSON: the histories of some runs, one behind the other by the ids of the runs. */
export async function readBulkHistory(db: TaskDb, { runIds, key, maxResults }: BulkHistoryQuery): Promise<Uint8Array> {
  const json = new JsonBytes();
  json.add('{"metrics":[');
  let count = 0;
  for (const runId of [...new Set(runIds)].toSorted()) {
    const series = maxResults > count ? await findSeries(db, runId, key) : null;
    if (series === null) continue;
    const page = await readPoints(db, { series, key, runId, after: null, limit: maxResults - count });
    if (page.items === null) continue;
    json.add(`${count === 0 ? "" : ","}${page.items}`);
    count += page.count;
  }
  json.add("]}");
  return json.toBytes();
}

export async function findSeries(db: TaskDb, runId: string, key: string): Promise<number | null> {
  const [row] = await db.rows<{ readonly n: number }>(
    "select m.n from runs r join latest_metrics m on m.run_n = r.n where r.id = ? and m.key = ?",
    [runId, key],
  );
  return row?.n ?? null;
}

interface PointQuery {
  readonly series: number;
  readonly key: string;
  /** Where each point names its run. */
  readonly runId?: string;
  readonly after: Key | null;
  readonly limit: number;
}

interface PointPage {
  readonly items: string | null;
  readonly count: number;
  /** The place behind the last one, where more follow. */
  readonly next: Key | null;
}

/** The order of a history, which is the key of the table. */
const order = ["timestamp", "step", "value", "is_nan"] as const;
const columns = order.join(", ");

async function readPoints(db: TaskDb, { series, key, runId, after, limit }: PointQuery): Promise<PointPage> {
  const values = [series, ...(after ?? []).map(([, value]) => value)];
  const behind = after === null ? "" : ` and (${columns}) > (${list(order.map(() => 0)).text.slice(1, -1)})`;
  const from = `from metrics where series_n = ?${behind} order by ${columns}`;
  const ends = await db.rows<Point>(`select ${columns} ${from} limit 2 offset ?`, [...values, limit - 1]);
  const json = jsonSql[db.dialect];
  const item = `? || ${json.double("x.value", "x.is_nan")} || ',"timestamp":' || x.timestamp || ',"step":' || x.step || ?`;
  const [head, tail] = [
    `{"key":${JSON.stringify(key)},"value":`,
    runId === undefined ? "}" : `,"run_id":${JSON.stringify(runId)}}`,
  ];
  const [row] = await db.rows<{ readonly items: string | null; readonly count: number }>(
    `select count(*) as count, ${json.joined(item)} as items from (select ${columns} ${from} limit ?) x`,
    [head, tail, ...values, limit],
  );
  const last = ends.length < 2 ? null : ends[0]!;
  return {
    items: row!.items,
    count: row!.count,
    next: last === null ? null : order.map((name) => [0, last[name]] as const),
  };
}
