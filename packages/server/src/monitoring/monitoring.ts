import type { Offset } from "@slipway/runtime/log";
import { join } from "node:path";
import type { Endpoints } from "../endpoints/index.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Logger } from "../kernel/logger.ts";
import type { BlobStore } from "../platform/blobs/index.ts";
import type { Outbox } from "../platform/outbox/index.ts";
import type { Operations } from "../platform/queue/index.ts";
import type { Sealer } from "../platform/secrets/index.ts";
import type { Kysely, Sql } from "../platform/sql/index.ts";
import type { Labels, PredictionLake, PredictionLog } from "../predictions/index.ts";
import { createFindSignature, type Registry, type Sources } from "../registry/index.ts";
import type { Serving } from "../serving/index.ts";
import { createAlarms, type Alarms } from "./alarms.ts";
import type { Channels } from "./channels/channels.ts";
import { toNewsNotification, type Announcement } from "./channels/notification.ts";
import { createDriftJudge, createParts } from "./drift/index.ts";
import { createEndpointSettings } from "./endpoint-settings.ts";
import type { Incidents } from "./incidents/incidents.ts";
import { createGauges, type Gauges } from "./gauges.ts";
import type { Judge } from "./judge.ts";
import { createExactTests, type TestExactly } from "./exact/exact.ts";
import { createMultivariateJudge } from "./multivariate/index.ts";
import { createPerformance, type Performance } from "./performance/index.ts";
import { createProfiler, type ProfilesStore } from "./profiles/index.ts";
import { createReferences, type References } from "./reference/index.ts";
import { createQualityJudge } from "./quality/index.ts";
import { listLastWindows, listServing } from "./serving-windows.ts";
import type { MonitorSettings } from "./settings.ts";
import { createMonitorViews, type MonitorViews } from "./view/views.ts";
import { createWatchStore, type ListVerdicts, type Verdicts } from "./watch/store.ts";
import { createWatch } from "./watch/watch.ts";
import type { Watched } from "./watched.ts";

export interface MonitoringDeps {
  /** Of the data. */
  readonly folder: string;
  readonly sql: Sql;
  readonly blobs: BlobStore;
  readonly operations: Operations;
  readonly registry: Registry;
  readonly sources: Sources;
  readonly serving: Serving;
  readonly predictions: PredictionLog;
  readonly predictionLake: PredictionLake;
  readonly labels: Labels;
  readonly endpoints: Endpoints;
  readonly outbox: Outbox;
  readonly sealer: Sealer;
  /** Somebody beside what is made here refers to a blob. */
  readonly isBlobNeeded: (sha256: string) => Promise<boolean>;
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
  /**
   * Has the endpoint's channels told what happened to a rollout, in the transaction of that; `wakeChannels` after its commit.
   */
  // oxlint-disable-next-line typescript/no-explicit-any
  announce(trx: Kysely<any>, announcement: Announcement): Promise<void>;
  wakeChannels(): void;
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
  const settingsOf = createEndpointSettings(endpoints);
  const findSignature = createFindSignature(deps.registry);
  const references = createReferences({
    ...deps,
    settingsOf,
    onChange: (watched) => watch.reopenAll(watched),
  });
  const keepMs = deps.keepProfilesMs;
  const known = {
    ...deps,
    keepMs,
    lake: deps.predictionLake,
    settingsOf,
    findSignature,
    findReference: references.find,
  };
  const profiler = createProfiler({
    ...known,
    logFolder: join(deps.folder, "log"),
    growing: deps.predictions.growing,
  });
  const performance = createPerformance(known);
  const alarms = createAlarms({ ...known, read: profiler.listMinutes });
  const { incidents, channels } = alarms;
  const gauges = createGauges({ listServing: () => listServing(endpoints) });
  const compared = createComparing({ ...known, profiles: profiler });
  const judges: readonly Judge[] = [alarms.judge, ...compared, performance.judge];
  const watch = createWatch({
    ...known,
    store,
    judges,
    async sync() {
      await profiler.tick();
      await performance.sync();
    },
    listQuiet: (now) => listLastWindows(endpoints, { settingsOf, now }),
    async take(trx, judged) {
      await alarms.take(trx, judged);
      gauges.take(judged);
    },
    taken: alarms.taken,
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
    testExactly: createExactTests(known),
    views: createMonitorViews({ ...known, points: performance.points, listIncidents: listActive(incidents) }),
    incidents,
    channels,
    announce: createAnnounce(channels, settingsOf),
    wakeChannels: channels.wake,
    gauges,
    backtest: (watched, wish) => alarms.backtest(judges, watched, wish),
  };
}

function createAnnounce(channels: Channels, settingsOf: Monitoring["settingsOf"]): Monitoring["announce"] {
  return (trx, announcement) => {
    const names = settingsOf(announcement.watched.endpoint)?.incidents.channels ?? null;
    return channels.announce(trx, toNewsNotification(announcement), names);
  };
}

function listActive(incidents: Pick<Incidents, "list">) {
  return async (watched: Watched) =>
    (await incidents.list({ ...watched, state: "active", limit: 10, cursor: null })).items;
}

interface Comparing extends MonitoringDeps {
  readonly profiles: ProfilesStore;
  readonly findReference: References["find"];
}

/** The judges that hold a window against the reference. */
function createComparing({ sql, blobs, predictionLake: lake, profiles, findReference }: Comparing): Judge[] {
  const compared = { sql, profiles, findReference, listParts: createParts({ blobs, lake }) };
  return [
    createQualityJudge(compared),
    createDriftJudge(compared),
    createMultivariateJudge({ ...compared, blobs, lake }),
  ];
}
