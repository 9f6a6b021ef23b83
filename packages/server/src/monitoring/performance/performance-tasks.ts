import type { TaskDb } from "../../platform/sql/index.ts";
import { markPending } from "../watch/pending.ts";
import type { Watched } from "../watched.ts";
import type { PerformanceWindow } from "./performance-window.ts";

/** One slice of a window, as it is stored. */
export interface PerformanceRow {
  readonly endpoint: string;
  readonly model: string;
  readonly version: number;
  readonly from_at: number;
  readonly to_at: number;
  readonly slice: string;
  readonly state: string;
  readonly rows: number;
  readonly labelled: number;
  readonly fingerprint: string;
  readonly computed_at: number;
  readonly body: string;
}

export interface SaveWindows {
  /** All slices of each window. */
  readonly rows: readonly PerformanceRow[];
  readonly judge: string;
  /** Any text that no earlier save had. */
  readonly seq: string;
}

/** Puts windows in the place of what was measured of them before, and has them judged, in one transaction. */
export async function saveWindows(db: TaskDb, { rows, judge, seq }: SaveWindows): Promise<void> {
  const windows = new Map(
    rows.map(({ endpoint, model, version, from_at, to_at }) => [
      JSON.stringify([endpoint, model, version, from_at, to_at]),
      { endpoint, model, version, from: from_at, to: to_at },
    ]),
  );
  for (const { endpoint, model, version, from, to } of windows.values())
    await db.change(
      "delete from performance_windows where endpoint = ? and model = ? and version = ? and from_at = ? and to_at = ?",
      [endpoint, model, version, from, to],
    );
  for (const row of rows)
    await db.change(
      `insert into performance_windows (endpoint, model, version, from_at, to_at, slice, state, rows, labelled,
        fingerprint, computed_at, body) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      [
        row.endpoint,
        row.model,
        row.version,
        row.from_at,
        row.to_at,
        row.slice,
        row.state,
        row.rows,
        row.labelled,
        row.fingerprint,
        row.computed_at,
        row.body,
      ],
    );
  await markPending(db, [...windows.values()], { seq, judge });
}

export interface ListArrivals extends Watched {
  readonly windowMs: number;
  readonly slice: string;
  /** Of the windows' ends, milliseconds, inclusive. */
  readonly until: number;
  readonly limit: number;
}

/** What the coming of labels is told from. */
export type ArrivalWindow = Pick<PerformanceWindow, "window" | "rows" | "labelled" | "arrivals">;

/** The newest first. Of hundreds of bodies only this is handed over. */
export async function listArrivals(
  db: TaskDb,
  { endpoint, model, version, windowMs, slice, until, limit }: ListArrivals,
): Promise<ArrivalWindow[]> {
  const rows = await db.rows<Pick<PerformanceRow, "from_at" | "to_at" | "rows" | "labelled" | "body">>(
    `select from_at, to_at, rows, labelled, body from performance_windows
    where endpoint = ? and model = ? and version = ? and slice = ? and to_at <= ? and to_at - from_at = ?
    order by to_at desc limit ?`,
    [endpoint, model, version, slice, until, windowMs, limit],
  );
  return rows.map(({ from_at: from, to_at: to, rows: count, labelled, body }) => ({
    window: { from, to },
    rows: count,
    labelled,
    arrivals: (JSON.parse(body) as Pick<PerformanceWindow, "arrivals">).arrivals,
  }));
}
