import type { MonitorReferenceView, MonitorSeries, MonitorSlice } from "@slipway/contract";
import { mergeQuantileSketches } from "@slipway/statistics";
import type { TaskDb } from "../../platform/sql/index.ts";
import { decodeProfile, decodeTraffic, trafficBytes } from "../profiles/codec.ts";
import type { ProfilePlan } from "../profiles/column-plan.ts";
import { listSlices, readMerged } from "../profiles/profile-tasks.ts";
import type { Watched, Window } from "../watched.ts";
import { inStretch, readAllFindings, readEach, readFindings, type Stretch } from "./read-judged.ts";
import { toColumnView } from "./to-column-view.ts";
import { toMonitorView, type MonitorFacts, type ReferenceFacts } from "./to-monitor-view.ts";
import { createLines } from "./to-series-view.ts";
import { toSliceViews } from "./to-slice-views.ts";
import { toWindowView, type WindowTraffic } from "./to-window-view.ts";

/** Windows whose verdicts stand beside the one that is shown. */
const recentWindows = 24;

export interface WindowEnds {
  /** Of the last window with traffic. */
  readonly traffic: number | null;
  /** Of the last that was judged, whether there was traffic or not. */
  readonly judged: number | null;
  /** Of the last with both: that is the one to show. */
  readonly both: number | null;
}

export async function findWindows(db: TaskDb, stretch: Stretch): Promise<WindowEnds> {
  const { sql, values } = inStretch(stretch);
  const newest = async (from: string, also: typeof values = []) => {
    const [row] = await db.rows<{ to_at: number | null }>(`select max(to_at) as to_at ${from}`, [...values, ...also]);
    return row?.to_at ?? null;
  };
  const traffic = `from monitor_profiles where ${sql} and slice = ?`;
  const judged = `from monitor_verdicts where ${sql}`;
  return {
    traffic: await newest(traffic, [stretch.slice]),
    judged: await newest(judged),
    both: await newest(`${traffic} and to_at in (select to_at ${judged})`, [stretch.slice, ...values]),
  };
}

export type RenderView = Omit<MonitorFacts, "judged" | "current" | "slices"> & {
  /** Names of the parts of the traffic. */
  readonly slices: readonly string[];
  /** End of the window that is shown; null: there is none. */
  readonly to: number | null;
};

/** `MonitorView` as JSON. */
export async function renderView(db: TaskDb, { to, slices: names, ...facts }: RenderView): Promise<Uint8Array> {
  if (to === null) {
    const slices = toSliceViews(names, [], new Map());
    return toJson(toMonitorView({ ...facts, slices, judged: [], current: null }));
  }
  const { watched, windowMs, slice, plan } = facts;
  const window = { from: to - windowMs, to };
  const judged = await readFindings(db, { watched, windowMs, slice, since: null, until: to, limit: recentWindows });
  const bytes = await readMerged(db, { ...watched, ...window, slice, plan });
  const current = bytes === null ? null : { ...window, profile: decodeProfile(bytes) };
  const isJudged = judged.at(-1)?.to === to;
  const slices = names.length === 0 ? [] : await readSlices(db, { watched, windowMs, window, names });
  return toJson(
    toMonitorView({ ...facts, slices, judged: isJudged ? judged : [...judged, { ...window, findings: [] }], current }),
  );
}

async function readSlices(
  db: TaskDb,
  { watched, windowMs, window: { from, to }, names }: Pick<RenderView, "watched" | "windowMs"> & SlicesOf,
): Promise<MonitorSlice[]> {
  const all = { watched, windowMs, slice: "", since: to, until: to, limit: 1 };
  const [judged] = await readAllFindings(db, all);
  const rows = await listSlices(db, { ...watched, from, to });
  return toSliceViews(names, judged?.findings ?? [], new Map(rows.map((each) => [each.slice, each.rows])));
}

interface SlicesOf {
  readonly window: Window;
  readonly names: readonly string[];
}

export type RenderSeries = Stretch & Pick<MonitorSeries, "performance">;

/** `MonitorSeries` as JSON. */
export async function renderSeries(db: TaskDb, { performance, ...stretch }: RenderSeries): Promise<Uint8Array> {
  const { watched, windowMs, slice, limit } = stretch;
  const ends = await listTraffic(db, stretch);
  const shown = ends.slice(-limit);
  const [since, until] = [shown[0] ?? null, shown.at(-1) ?? null];
  const about = { ...stretch, since, until };
  const traffic = since === null ? new Map<number, WindowTraffic>() : await readTraffic(db, about);
  const numbers = new Map(shown.map((to, i) => [to, i]));
  const lines = createLines(shown.length);
  if (since !== null)
    await readEach(db, { stretch: { ...about, limit: mostWindows }, slice }, ({ to, findings }) => {
      const i = numbers.get(to);
      if (i !== undefined) lines.add(i, findings);
    });
  const windows = shown.map((to) => ({ from: to - windowMs, to }));
  const answer: MonitorSeries = {
    ...watched,
    slice,
    window_ms: windowMs,
    windows: windows.map((window) => toWindowView(window, traffic.get(window.to) ?? null)),
    series: lines.series(),
    performance,
    truncated: ends.length > limit,
  };
  return toJson(answer);
}

export interface RenderReference {
  readonly watched: Watched;
  readonly plan: ProfilePlan | null;
  readonly reference: ReferenceFacts | null;
  readonly metrics: MonitorReferenceView["metrics"];
  readonly notes: readonly string[];
}

/** `MonitorReferenceView` as JSON. */
export function renderReference(_db: TaskDb, facts: RenderReference): Uint8Array {
  const { watched, plan, reference, metrics, notes } = facts;
  const none = { recent: "", findings: [], current: null };
  const answer: MonitorReferenceView = {
    ...watched,
    reference: reference?.view ?? null,
    columns: (plan?.columns ?? []).map((column) => {
      const profile = reference?.profile?.columns.find(({ name }) => name === column.name) ?? null;
      return toColumnView({
        ...none,
        plan: column,
        importance: reference?.importance[column.name] ?? null,
        reference: profile,
      });
    }),
    metrics,
    notes: [...notes],
  };
  return toJson(answer);
}

const mostWindows = 1_000_000;

/** Ends of windows with traffic, the oldest first; one more than the limit tells that there are more. */
async function listTraffic(db: TaskDb, stretch: Stretch): Promise<number[]> {
  const { sql, values } = inStretch(stretch);
  const rows = await db.rows<{ to_at: number }>(
    `select distinct to_at from monitor_profiles where ${sql} and slice = ? order by to_at desc limit ?`,
    [...values, stretch.slice, stretch.limit + 1],
  );
  return rows.map(({ to_at: to }) => to).toReversed();
}

/** By the ends of the windows; traffic of before and after a change of the plan is one. */
async function readTraffic(db: TaskDb, stretch: Stretch): Promise<Map<number, WindowTraffic>> {
  const { sql, values } = inStretch(stretch);
  const rows = await db.rows<{ to_at: number; bytes: Uint8Array }>(
    `select to_at, substr(bytes, 1, ${trafficBytes}) as bytes from monitor_profiles where ${sql} and slice = ?`,
    [...values, stretch.slice],
  );
  const traffic = new Map<number, WindowTraffic>();
  for (const { to_at: to, bytes } of rows) {
    const found = decodeTraffic(bytes);
    const before = traffic.get(to);
    traffic.set(to, before === undefined ? found : addTraffic(before, found));
  }
  return traffic;
}

function addTraffic(a: WindowTraffic, b: WindowTraffic): WindowTraffic {
  return {
    rows: a.rows + b.rows,
    requests: a.requests + b.requests,
    errors: a.errors + b.errors,
    fallbacks: a.fallbacks + b.fallbacks,
    latency: mergeQuantileSketches(a.latency, b.latency),
  };
}

function toJson(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}
