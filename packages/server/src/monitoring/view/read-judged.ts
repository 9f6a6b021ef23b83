import type { TaskDb } from "../../platform/sql/index.ts";
import type { Finding } from "../finding.ts";
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
  const windows = await readAllFindings(db, stretch);
  return windows.map(({ findings, ...window }) => ({
    ...window,
    findings: findings.filter(({ slice }) => slice === stretch.slice),
  }));
}

/** Those of every slice. */
export async function readAllFindings(db: TaskDb, stretch: Stretch): Promise<WindowFindings[]> {
  const { sql, values } = inStretch(stretch);
  const ends = await db.rows<{ to_at: number }>(
    `select distinct to_at from monitor_verdicts where ${sql} order by to_at desc limit ?`,
    [...values, stretch.limit],
  );
  const first = ends.at(-1)?.to_at;
  if (first === undefined) return [];
  const rows = await db.rows<{ from_at: number; to_at: number; findings: string }>(
    `select from_at, to_at, findings from monitor_verdicts where ${sql} and to_at >= ? order by to_at, judge`,
    [...values, first],
  );
  const windows = new Map<number, { from: number; to: number; findings: Finding[] }>();
  for (const { from_at: from, to_at: to, findings } of rows) {
    const window = windows.get(to) ?? { from, to, findings: [] };
    window.findings.push(...(JSON.parse(findings) as Finding[]));
    windows.set(to, window);
  }
  return [...windows.values()];
}
