import type { Offset } from "@slipway/runtime/log";
import { join } from "node:path";
import type { Endpoints } from "../endpoints/index.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Logger } from "../kernel/logger.ts";
import type { BlobStore } from "../platform/blobs/index.ts";
import type { Outbox } from "../platform/outbox/index.ts";
import type { Operations } from "../platform/queue/index.ts";
import type { Sealer } from "../platform/secrets/index.ts";
import type { Sql } from "../platform/sql/index.ts";
import type { Labels, PredictionLake, PredictionLog } from "../predictions/index.ts";
import type { Registry } from "../registry/index.ts";
import type { Serving } from "../serving/index.ts";
import { createAlarms, type Alarms } from "./alarms.ts";
import type { Channels } from "./channels/channels.ts";
import { createDriftJudge, createParts } from "./drift/index.ts";
import type { Incidents } from "./incidents/incidents.ts";
import { createGauges, type Gauges } from "./gauges.ts";
import type { Judge } from "./judge.ts";
import { createExactTests, type TestExactly } from "./exact/exact.ts";
import { createMultivariateJudge } from "./multivariate/index.ts";
import { createPerformance, type Performance } from "./performance/index.ts";
import { createProfiler, type ProfilesStore } from "./profiles/index.ts";
import { createReferences, type References } from "./reference/index.ts";
import { createQualityJudge } from "./quality/index.ts";
import { toMonitorSettings, type MonitorSettings } from "./settings.ts";
import { createMonitorViews, type MonitorViews } from "./view/views.ts";
import { createWatchStore, type ListVerdicts, type Verdicts } from "./watch/store.ts";
import { createWatch } from "./watch/watch.ts";
import { windowAt, type Watched, type Window } from "./watched.ts";

export interface MonitoringDeps {
  /** Of the data. */
  readonly folder: string;
  readonly sql: Sql;
  readonly blobs: BlobStore;
  readonly operations: Operations;
  readonly registry: Registry;
  readonly serving: Serving;
  readonly predictions: PredictionLog;
  readonly predictionLake: PredictionLake;
  readonly labels: Labels;
  readonly endpoints: Endpoints;
  readonly outbox: Outbox;
  readonly sealer: Sealer;
  /** Channels may go to private addresses and to such without TLS. */
  readonly allowPrivate: boolean;
  /** How long profiles stay after they were written to last. */
  readonly keepProfilesMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface Monitoring {
  start(): void;
  stop(): Promise<void>;
  /** Brings profiles, verdicts and incidents up to what is on record now. */
  refresh(): Promise<void>;
  /** Null: the endpoint is not watched. */
  settingsOf(endpoint: string): MonitorSettings | null;
  listVerdicts(query: ListVerdicts): Promise<Verdicts[]>;
  /** How good the answers were: windows, and the course of metrics. */
  readonly performance: Pick<Performance, "list" | "points">;
  /** What traffic was like: profiles by window and slice, counts by minute. */
  readonly profiles: ProfilesStore;
  /** Reads the log to its end; how far that was, by instance: a segment that is not wholly behind it must stay. */
  logOffsets(): Promise<ReadonlyMap<string, Offset>>;
  readonly views: MonitorViews;
  /** Raw predictions against the rows of the reference. */
  readonly testExactly: TestExactly;
  readonly incidents: Pick<Incidents, "list" | "get" | "history" | "acknowledge" | "mute" | "unmute" | "resolve">;
  /** Who is told of incidents. */
  readonly channels: Pick<Channels, "add" | "list" | "get" | "remove" | "test">;
  /** What was found last, for `/metrics`. */
  readonly gauges: Pick<Gauges, "list">;
  /** Goes through the past, with other settings where they are given; the operation ends with a `BacktestResult`. */
  backtest(watched: Watched, wish: Parameters<Alarms["backtest"]>[2]): ReturnType<Alarms["backtest"]>;
  /** What traffic is compared with. */
  readonly references: References;
}

/** Watches what is on record: profiles, their judges, and the incidents that come of it. */
export function createMonitoring(deps: MonitoringDeps): Monitoring {
  const { sql, endpoints } = deps;
  const store = createWatchStore(sql);
  const settingsOf = createSettings(endpoints);
  const findSignature = async (model: string, version: number) =>
    (await deps.registry.findRecorded(model, version))?.version.signature ?? null;
  const references = createReferences({
    ...deps,
    settingsOf,
    onChange: (watched) => watch.reopenAll(watched),
  });
  const profiler = createProfiler({
    logFolder: join(deps.folder, "log"),
    sql,
    growing: deps.predictions.growing,
    keepMs: deps.keepProfilesMs,
    findSignature,
    findReference: references.find,
    settingsOf,
    clock: deps.clock,
    logger: deps.logger,
  });
  const performance = createPerformance({
    sql,
    lake: deps.predictionLake,
    findSignature,
    findReference: references.find,
    settingsOf,
    clock: deps.clock,
    logger: deps.logger,
  });
  const alarms = createAlarms({ ...deps, read: profiler.listMinutes, settingsOf, findReference: references.find });
  const { incidents, channels } = alarms;
  const gauges = createGauges({ listServing: () => listServing(endpoints) });
  const compared = {
    profiles: profiler,
    findReference: references.find,
    listParts: createParts({ blobs: deps.blobs, lake: deps.predictionLake }),
  };
  const judges: readonly Judge[] = [
    alarms.judge,
    createQualityJudge(compared),
    createDriftJudge(compared),
    createMultivariateJudge({ ...compared, blobs: deps.blobs, lake: deps.predictionLake }),
    performance.judge,
  ];
  const watch = createWatch({
    store,
    judges,
    async sync() {
      await profiler.tick();
      await performance.sync();
    },
    settingsOf,
    listQuiet: (now) => listQuiet(endpoints, { settingsOf, now }),
    async take(trx, judged) {
      await alarms.take(trx, judged);
      gauges.take(judged);
    },
    taken: alarms.taken,
    clock: deps.clock,
    logger: deps.logger,
  });
  return {
    start() {
      references.start();
      watch.start();
      alarms.start();
    },
    async stop() {
      await Promise.all([references.stop(), watch.stop(), alarms.stop(), profiler.close()]);
    },
    async refresh() {
      await references.sync();
      await profiler.sync();
      await performance.refresh();
      await watch.pass();
    },
    settingsOf,
    listVerdicts: store.list,
    performance,
    references,
    profiles: profiler,
    async logOffsets() {
      await profiler.sync();
      return profiler.offsets();
    },
    testExactly: createExactTests({ blobs: deps.blobs, lake: deps.predictionLake, findReference: references.find }),
    views: createMonitorViews({
      sql,
      settingsOf,
      points: performance.points,
      findReference: references.find,
      listIncidents: async (watched) =>
        (await incidents.list({ ...watched, state: "active", limit: 10, cursor: null })).items,
      clock: deps.clock,
    }),
    incidents,
    channels,
    gauges,
    backtest: (watched, wish) => alarms.backtest(judges, watched, wish),
  };
}

/** Settings are made once for each state of the routes. An endpoint that is not in them is watched as if it had no section. */
function createSettings(endpoints: Endpoints): (endpoint: string) => MonitorSettings | null {
  const known = new WeakMap<object, MonitorSettings>();
  const otherwise = toMonitorSettings({});
  return (endpoint) => {
    const section = endpoints.snapshot().routes.get(endpoint)?.spec.monitor;
    if (section === undefined) return otherwise;
    if (section === "off") return null;
    const made = known.get(section) ?? toMonitorSettings(section);
    if (made !== null) known.set(section, made);
    return made;
  };
}

function listServing(endpoints: Endpoints): Watched[] {
  return [...endpoints.snapshot().routes.values()].flatMap(({ endpoint, spec: { target } }) =>
    target === null ? [] : [{ endpoint, model: target.model, version: target.version }],
  );
}

/** The last window that has ended, of every version that serves. */
function listQuiet(
  endpoints: Endpoints,
  { settingsOf, now }: { readonly settingsOf: (endpoint: string) => MonitorSettings | null; readonly now: number },
): (Watched & Window)[] {
  return [...endpoints.snapshot().routes.values()].flatMap(({ endpoint, spec: { target } }) => {
    const settings = settingsOf(endpoint);
    if (settings === null || target === null) return [];
    const { windowMs } = settings;
    const window = windowAt(now - windowMs, windowMs);
    return [{ endpoint, model: target.model, version: target.version, ...window }];
  });
}
