import type { TaskDb } from "../../platform/sql/index.ts";
import { parseFindings } from "../watch/findings-text.ts";
import type { Watched } from "../watched.ts";
import type { WindowFindings } from "./to-series-view.ts";

/** Which windows of which part of the traffic. */
export interface Stretch {
  readonly watched: Watched;
  readonly windowMs: number;
  readonly slice: string;
  /** Of the windows' ends, milliseconds, both inclusive; null: no bound. */
  readonly since: number | null;
  readonly until: number | null;
  /** At most so many, the newest. */
  readonly limit: number;
}

interface Clause {
  readonly sql: string;
  readonly values: readonly (string | number)[];
}

/** Of tables whose rows are windows of watched versions. */
export function inStretch({ watched, windowMs, since, until }: Stretch): Clause {
  const { endpoint, model, version } = watched;
  return {
    sql: `endpoint = ? and model = ? and version = ? and to_at - from_at = ?${since === null ? "" : " and to_at >= ?"}${until === null ? "" : " and to_at <= ?"}`,
    values: [
      endpoint,
      model,
      version,
      windowMs,
      ...(since === null ? [] : [since]),
      ...(until === null ? [] : [until]),
    ],
  };
}

/** The oldest first. */
export async function readFindings(db: TaskDb, stretch: Stretch): Promise<WindowFindings[]> {
  const windows: WindowFindings[] = [];
  await readEach(db, { stretch, slice: stretch.slice }, (window) => windows.push(window));
  return windows;
}

/** Those of every slice. */
export async function readAllFindings(db: TaskDb, stretch: Stretch): Promise<WindowFindings[]> {
  const windows: WindowFindings[] = [];
  await readEach(db, { stretch, slice: null }, (window) => windows.push(window));
  return windows;
}

/** One window after the other, the oldest first: a thousand of them with all their slices are more than memory is for. */
export async function readEach(
  db: TaskDb,
  { stretch, slice }: { readonly stretch: Stretch; readonly slice: string | null },
  take: (window: WindowFindings) => void,
): Promise<void> {
  const { sql, values } = inStretch(stretch);
  const ends = await db.rows<{ to_at: number }>(
    `select distinct to_at from monitor_verdicts where ${sql} order by to_at desc limit ?`,
    [...values, stretch.limit],
  );
  for (const { to_at: to } of ends.toReversed()) {
    const rows = await db.rows<{ findings: string }>(
      `select findings from monitor_verdicts where ${sql} and to_at = ? order by judge`,
      [...values, to],
    );
    take({
      from: to - stretch.windowMs,
      to,
      findings: rows.flatMap(({ findings }) => parseFindings(findings, slice)),
    });
  }
}
