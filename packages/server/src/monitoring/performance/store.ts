import type { Sql } from "../../platform/sql/index.ts";
import type { Watched } from "../watched.ts";
import type * as tasks from "./performance-tasks.ts";
import type { ArrivalWindow, ListArrivals, PerformanceRow } from "./performance-tasks.ts";
import type { PerformanceWindow } from "./performance-window.ts";

export interface PerformanceTables {
  performance_windows: { -readonly [K in keyof PerformanceRow]: PerformanceRow[K] };
}

export interface ListWindows {
  readonly watched: Watched;
  /** Windows of another length are left out. */
  readonly windowMs: number;
  /** Null: every slice. */
  readonly slice: string | null;
  /** Of the windows' ends, milliseconds: from this on, and up to it, both inclusive. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  readonly state?: PerformanceWindow["state"] | undefined;
  /** The oldest first, or the newest first. */
  readonly order: "oldest" | "newest";
  readonly limit: number;
}

export interface PerformanceStore {
  list(query: ListWindows): Promise<PerformanceWindow[]>;
  /** The newest first. */
  listArrivals(query: ListArrivals): Promise<readonly ArrivalWindow[]>;
  /** Of the whole traffic of each window: what it was measured from. By the start of the window. */
  listKnown(watched: Watched, windowMs: number): Promise<Record<string, { fingerprint: string; rows: number }>>;
  /** Removes what was measured before. */
  prune(before: number): Promise<void>;
}

export const performanceScript = new URL(
  `./performance-tasks${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`,
  import.meta.url,
);

export function createPerformanceStore(sql: Sql): PerformanceStore {
  const { read } = sql.tasks<typeof tasks>(performanceScript);
  const { db } = sql.as<PerformanceTables>();
  const ofVersion = ({ endpoint, model, version }: Watched) =>
    db
      .selectFrom("performance_windows")
      .where("endpoint", "=", endpoint)
      .where("model", "=", model)
      .where("version", "=", version);

  return {
    async list({ watched, windowMs, slice, since, until, state, order, limit }) {
      let query = ofVersion(watched).selectAll();
      query = query.where(({ eb, ref }) => eb(eb(ref("to_at"), "-", ref("from_at")), "=", windowMs));
      if (slice !== null) query = query.where("slice", "=", slice);
      if (since !== undefined) query = query.where("to_at", ">=", since);
      if (until !== undefined) query = query.where("to_at", "<=", until);
      if (state !== undefined) query = query.where("state", "=", state);
      const direction = order === "oldest" ? "asc" : "desc";
      const rows = await query.orderBy("to_at", direction).orderBy("slice").limit(limit).execute();
      return rows.map(toWindow);
    },
    listArrivals: (query) => read("listArrivals", query),
    async listKnown(watched, windowMs) {
      const rows = await ofVersion(watched)
        .select(["from_at", "to_at", "fingerprint", "rows"])
        .where("slice", "=", "")
        .execute();
      return Object.fromEntries(
        rows
          .filter(({ from_at, to_at }) => to_at - from_at === windowMs)
          .map(({ from_at, fingerprint, rows: count }) => [String(from_at), { fingerprint, rows: count }]),
      );
    },
    async prune(before) {
      await db.deleteFrom("performance_windows").where("computed_at", "<", before).execute();
    },
  };
}

export function toRow(window: PerformanceWindow): PerformanceRow {
  const { watched, window: span, slice, state, rows, labelled, fingerprint, computedAt, ...rest } = window;
  const key = { ...watched, from_at: span.from, to_at: span.to, slice };
  return { ...key, state, rows, labelled, fingerprint, computed_at: computedAt, body: JSON.stringify(rest) };
}

function toWindow(row: PerformanceRow): PerformanceWindow {
  const { endpoint, model, version, slice, rows, labelled, fingerprint } = row;
  return {
    ...(JSON.parse(row.body) as Pick<
      PerformanceWindow,
      "problem" | "target" | "unusable" | "realised" | "estimated" | "groups" | "custom" | "arrivals"
    >),
    watched: { endpoint, model, version },
    window: { from: row.from_at, to: row.to_at },
    slice,
    state: row.state as PerformanceWindow["state"],
    rows,
    labelled,
    fingerprint,
    computedAt: row.computed_at,
  };
}
