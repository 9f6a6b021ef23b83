import type { MonitorPerformance, MonitorReference } from "@slipway/contract";
import { SlipwayError } from "@slipway/contract/errors";
import type { Clock } from "../../kernel/clock.ts";
import type { Sql } from "../../platform/sql/index.ts";
import type { Incident } from "../incidents/incident.ts";
import type { Points } from "../performance/index.ts";
import { toSlices } from "../profiles/slices.ts";
import type { FindReference, Reference } from "../reference/index.ts";
import type { MonitorSettings } from "../settings.ts";
import { wholeTraffic, windowAt, type Watched } from "../watched.ts";
import type * as tasks from "./monitor-view-tasks.ts";
import { toIncidentView } from "./to-incident-view.ts";
import { toPerformanceView } from "./to-performance-view.ts";

export interface ViewsDeps {
  readonly sql: Sql;
  readonly settingsOf: (endpoint: string) => MonitorSettings | null;
  readonly points: Points;
  readonly findReference: FindReference;
  /** Those that are not over. */
  readonly listIncidents: (watched: Watched) => Promise<readonly Incident[]>;
  readonly clock: Clock;
}

export interface ViewQuery {
  readonly watched: Watched;
  readonly slice: string;
  /** A moment of the window, milliseconds; null: the last one with traffic, of those that were judged where there are any. */
  readonly at: number | null;
}

export interface SeriesQuery {
  readonly watched: Watched;
  readonly slice: string;
  /** Milliseconds; null: no bound. */
  readonly since: number | null;
  readonly until: number | null;
  readonly limit: number;
}

/** What was found, as the API answers it: JSON that is put together in the SQL thread. */
export interface MonitorViews {
  /** @throws SlipwayError `invalid_request` where there is no such slice */
  show(query: ViewQuery): Promise<Uint8Array>;
  /** @throws SlipwayError `invalid_request` where there is no such slice */
  series(query: SeriesQuery): Promise<Uint8Array>;
  reference(watched: Watched): Promise<Uint8Array>;
}

const script = new URL(`./monitor-view-tasks${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);
/** Windows whose performance stands beside the one that is shown. */
const recentWindows = 24;

export function createMonitorViews(deps: ViewsDeps): MonitorViews {
  const reading = deps.sql.tasks<typeof tasks>(script);

  /** What is shown of an endpoint that is not watched is what was found when it was. */
  async function look({ watched, slice }: { readonly watched: Watched; readonly slice: string }) {
    const settings = deps.settingsOf(watched.endpoint);
    const reference = await deps.findReference(watched);
    const slices = toSlices(settings?.slices ?? [], reference?.profile ?? null).map(({ name }) => name);
    if (slice !== wholeTraffic && !slices.includes(slice)) throw noSuchSlice(slice, slices);
    return { settings, reference, slices, windowMs: settings?.windowMs ?? usualWindowMs };
  }

  async function performanceOf(
    { watched, slice }: { readonly watched: Watched; readonly slice: string },
    { until, limit }: { readonly until: number | null; readonly limit: number },
  ): Promise<MonitorPerformance> {
    const settings = deps.settingsOf(watched.endpoint);
    if (settings === null) return noPerformance;
    const bound = until === null ? {} : { until };
    return toPerformanceView(await deps.points({ watched, settings, slice, ...bound, limit, now: deps.clock.now() }));
  }

  return {
    async show({ watched, slice, at }) {
      const { settings, reference, slices, windowMs } = await look({ watched, slice });
      const ends = await reading.read("findWindows", { watched, windowMs, slice, since: null, until: null, limit: 1 });
      const to = at === null ? (ends.both ?? ends.traffic) : windowAt(at, windowMs).to;
      return reading.read("renderView", {
        watched,
        slice,
        slices,
        windowMs,
        enabled: settings !== null,
        to,
        plan: reference?.plan ?? null,
        reference: reference && toReferenceFacts(reference),
        performance: await performanceOf({ watched, slice }, { until: to, limit: recentWindows }),
        incidents: (await deps.listIncidents(watched)).map(toIncidentView),
        notes: toNotes({ settings, reference, ends, to, now: deps.clock.now() }),
      });
    },

    async series({ watched, slice, since, until, limit }) {
      const { windowMs } = await look({ watched, slice });
      const { points } = await performanceOf({ watched, slice }, { until, limit });
      const performance = points.filter(({ to }) => since === null || Date.parse(to) >= since);
      return reading.read("renderSeries", { watched, windowMs, slice, since, until, limit, performance });
    },

    async reference(watched) {
      const reference = await deps.findReference(watched);
      const metrics = Object.entries(reference?.estimator?.metrics ?? {}).map(([metric, { value, spread }]) => ({
        metric,
        value,
        spread,
      }));
      return reading.read("renderReference", {
        watched,
        plan: reference?.plan ?? null,
        reference: reference && toReferenceFacts(reference),
        metrics,
        notes: reference === null ? [noReference] : [],
      });
    },
  };
}

const usualWindowMs = 3_600_000;
const noPerformance: MonitorPerformance = {
  problem: null,
  points: [],
  label_rate: null,
  estimator_error: null,
  estimator_windows: 0,
};

function noSuchSlice(slice: string, slices: readonly string[]): SlipwayError {
  const known = slices.length === 0 ? "none is defined under monitor.slices" : `there are ${slices.join(", ")}`;
  return new SlipwayError("invalid_request", `There is no slice ${JSON.stringify(slice)}: ${known}.`, { slices });
}

const hourMs = 3_600_000;

function toReferenceView(reference: Reference): MonitorReference {
  const { source, provisional, rows, createdAt, calibration, time, label, notes } = reference;
  const { blocks, windowMs } = calibration;
  return {
    source,
    provisional,
    rows,
    created_at: new Date(createdAt).toISOString(),
    blocks,
    block: blocks === 0 ? null : blockText(windowMs),
    from: time && new Date(time.from).toISOString(),
    to: time && new Date(time.to).toISOString(),
    label,
    notes: [...notes],
  };
}

function blockText(ms: number): string {
  if (ms === hourMs) return "hour";
  if (ms === 24 * hourMs) return "day";
  if (ms % (24 * hourMs) === 0) return `${ms / (24 * hourMs)} days`;
  return ms % hourMs === 0 ? `${ms / hourMs} h` : ms % 60_000 === 0 ? `${ms / 60_000} min` : `${ms / 1000} s`;
}

function toReferenceFacts(reference: Reference) {
  const { profile, importance } = reference;
  return { view: toReferenceView(reference), profile, importance };
}

const noReference =
  "There is no reference yet, so drift is not judged. One is made some seconds after the deploy of a version that names a sample of its training data (model.training.reference), else of its first predictions, once there are 500.";

interface Noted {
  readonly settings: MonitorSettings | null;
  readonly reference: Reference | null;
  readonly ends: tasks.WindowEnds;
  readonly to: number | null;
  readonly now: number;
}

/** What is not watched, and what to do about it. */
function toNotes({ settings, reference, ends, to, now }: Noted): string[] {
  if (settings === null)
    return ['Nothing is watched: "monitor: off" stands in slipway.yaml. Take it out, then "slipway apply".'];
  const length = settings.windowMs % 60_000 === 0 ? 16 : 19;
  const time = (ms: number) => `${new Date(ms).toISOString().slice(0, length).replace("T", " ")} UTC`;
  const quiet = ends.judged !== null && ends.traffic !== null && ends.judged > ends.traffic && to === ends.traffic;
  return [
    ...(to === null
      ? [
          `No window with predictions is over yet: the present one ends at ${time(windowAt(now, settings.windowMs).to)}.`,
        ]
      : []),
    ...(quiet ? [`No predictions came in the windows from then until ${time(ends.judged)}.`] : []),
    ...(reference === null ? [noReference] : []),
  ];
}
