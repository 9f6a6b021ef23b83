import type { ManifestMonitor, NewLabel } from "@slipway/contract";
import { createRandom } from "@slipway/statistics";
import { randomUUIDv7 } from "node:crypto";
import { systemClock, type Clock } from "../../../kernel/clock.ts";
import { silentLogger } from "../../../kernel/logger.ts";
import type { Sql, SqlTasks } from "../../../platform/sql/index.ts";
import { createLabels } from "../../../predictions/labels/labels.ts";
import { labelMigrations } from "../../../predictions/labels/migrations.ts";
import { createLabelStore } from "../../../predictions/labels/store.ts";
import { flightSignature, openTestLake } from "../../../predictions/lake/testing/open-lake.ts";
import { flightInputs } from "../../../predictions/testing/log.ts";
import { toMonitorSettings } from "../../settings.ts";
import { watchMigrations } from "../../watch/migrations.ts";
import { createWatchStore } from "../../watch/store.ts";
import { createWatch } from "../../watch/watch.ts";
import type { Estimator } from "../estimator.ts";
import { performanceMigrations } from "../migrations.ts";
import { createPerformance } from "../performance.ts";
import type { KnownReference } from "../performance-deps.ts";

export const hour = 3_600_000;
/** Midnight; the first window of the tests. */
export const start = Date.parse("2026-03-01T00:00:00Z");

export interface TestPerformanceOptions {
  readonly data?: string;
  /** By endpoint; defaults elsewhere. */
  readonly monitor?: Readonly<Record<string, ManifestMonitor>>;
  /** Called before a window's figures are saved, and behind it. */
  readonly onSave?: (step: "before" | "behind") => Promise<void>;
}

export interface Flight {
  readonly key: string;
  readonly origin: string;
  /** The probability of `yes`. */
  readonly score: number;
}

/** Performance on a real log, a real lake and a real database; the clock stands still until a test moves it. */
export async function openTestPerformance(options: TestPerformanceOptions = {}) {
  let now = start;
  const clock: Clock = { ...systemClock, now: () => now };
  const test = await openTestLake(options.data === undefined ? {} : { data: options.data });
  const { sql, lake } = test;
  const all = [...labelMigrations, ...watchMigrations, ...performanceMigrations];
  // The tables of an earlier run are there; the lake of the test knows only its own migrations.
  for (const migration of all) await sql.tx((trx) => migration.up(trx, sql.dialect)).catch(() => undefined);
  const labels = createLabels({ store: createLabelStore(sql), lake, clock, logger: silentLogger });
  const sections = options.monitor ?? {};
  const known = new Map(Object.entries(sections).map(([endpoint, section]) => [endpoint, toMonitorSettings(section)]));
  const otherwise = toMonitorSettings({});
  const references = new Map<string, KnownReference>();
  let watched = "";
  const settingsOf = (endpoint: string) => (endpoint === watched ? (known.get(endpoint) ?? otherwise) : null);
  const performance = createPerformance({
    sql: options.onSave === undefined ? sql : withSteps(sql, options.onSave),
    lake,
    findSignature: async () => flightSignature,
    findReference: async ({ endpoint }) => references.get(endpoint) ?? null,
    settingsOf,
    clock,
    logger: silentLogger,
  });
  const store = createWatchStore(sql);
  const watch = createWatch({
    store,
    judges: [performance.judge],
    sync: performance.refresh,
    settingsOf,
    listQuiet: () => [],
    take: async () => {},
    taken: () => {},
    keepMs: 90 * 86_400_000,
    clock,
    logger: silentLogger,
  });

  return {
    ...test,
    performance,
    watch,
    store,
    at: (time: number) => void (now = time),
    /** Only what is estimated and judged by: no slices are told from it. */
    setEstimator: (endpoint: string, estimator: Estimator | null) =>
      void references.set(endpoint, { id: randomUUIDv7(), estimator, importance: {}, profile: null as never }),
    /** The one that is watched from now on: those of other tests cost nothing. */
    endpoint(endpoint: string) {
      watched = endpoint;
      return toEndpoint({ endpoint, test, labels, performance, store });
    },
  };
}

/** Tells what comes before and behind each task that writes. */
function withSteps(sql: Sql, onSave: NonNullable<TestPerformanceOptions["onSave"]>): Sql {
  const tasks = <M>(module: URL): SqlTasks<M> => {
    const own = sql.tasks<M>(module);
    const write: SqlTasks<M>["write"] = async (name, input) => {
      await onSave("before");
      const output = await own.write(name, input);
      await onSave("behind");
      return output;
    };
    return { read: (name, input) => own.read(name, input), write };
  };
  return { ...sql, tasks };
}

interface Parts {
  readonly endpoint: string;
  readonly test: Awaited<ReturnType<typeof openTestLake>>;
  readonly labels: ReturnType<typeof createLabels>;
  readonly performance: ReturnType<typeof createPerformance>;
  readonly store: ReturnType<typeof createWatchStore>;
}

function toEndpoint({ endpoint, test, labels, performance, store }: Parts) {
  const watched = { endpoint, model: endpoint, version: 2 };
  return {
    /** One request of many rows, at a time of its own. */
    predict(at: number, flights: readonly Flight[]): Promise<string> {
      const n = flights.length;
      return test.append(endpoint, {
        id: randomUUIDv7(),
        at: at * 1000,
        rows: n,
        batchRows: n,
        keys: flights.map(({ key }) => key),
        inputs: flightInputs(
          flights.map(({ origin }) => origin),
          flights.map(() => 700),
        ),
        outputs: [
          {
            name: "late",
            datatype: "FP32",
            shape: [n, 2],
            data: Float32Array.from(flights.flatMap(({ score }) => [1 - score, score])),
          },
        ],
      });
    },
    label: (given: readonly NewLabel[]) =>
      labels.add({ endpoint, labels: given, ambiguous: "none", resolve: false, source: "test" }),
    /** Of the whole of the traffic, the oldest window first. */
    windows: (slice: string | null = "") =>
      performance.list({ watched, windowMs: hour, slice, order: "oldest", limit: 1000 }),
    async findings(window: number) {
      const until = start + (window + 1) * hour;
      const verdicts = await store.list({ endpoint, until, after: start + window * hour, limit: 10 });
      return verdicts.flatMap(({ findings }) => findings);
    },
  };
}

/** Flights of an hour whose scores are calibrated, and what came true of them. `quality`: how far the scores lie apart, 0 to 1. */
export function makeHour(seed: number, options: { n?: number; quality?: number; origins?: readonly string[] } = {}) {
  const { n = 400, quality = 0.8, origins = ["ATL", "ORD"] } = options;
  const random = createRandom(seed);
  const flights: Flight[] = [];
  const truth: string[] = [];
  for (let i = 0; i < n; i++) {
    const score = 0.5 + (random() - 0.5) * quality;
    flights.push({ key: `${seed}-${i}`, origin: origins[i % origins.length]!, score });
    truth.push(random() < score ? "yes" : "no");
  }
  const labelled: NewLabel[] = truth.map((value, i) => ({ key: `${seed}-${i}`, value }));
  return { flights, truth, labelled };
}
