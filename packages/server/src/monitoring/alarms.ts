import type { ManifestMonitor } from "@slipway/contract";
import type { Endpoints } from "../endpoints/index.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Logger } from "../kernel/logger.ts";
import type { Outbox } from "../platform/outbox/index.ts";
import type { Operation, Operations } from "../platform/queue/index.ts";
import type { Sealer } from "../platform/secrets/index.ts";
import type { Sql } from "../platform/sql/index.ts";
import type { Registry } from "../registry/index.ts";
import { createChannels, type Channels } from "./channels/channels.ts";
import { backtest } from "./incidents/backtest.ts";
import { createBacktestTurns } from "./incidents/backtest-turns.ts";
import type { Importance } from "./incidents/evidence.ts";
import { isGone } from "./incidents/gone.ts";
import { createIncidents, type Incidents } from "./incidents/incidents.ts";
import type { Judge } from "./judge.ts";
import type { FindReference } from "./reference/index.ts";
import { toMonitorSettings, type MonitorSettings } from "./settings.ts";
import { createSystemJudge } from "./system/judge.ts";
import { createPulse } from "./system/pulse.ts";
import type { ReadMinutes } from "./system/recent-minutes.ts";
import type { Watched } from "./watched.ts";

export interface AlarmDeps {
  readonly sql: Sql;
  readonly operations: Operations;
  readonly endpoints: Endpoints;
  readonly registry: Pick<Registry, "findRecorded">;
  readonly outbox: Outbox;
  readonly sealer: Sealer;
  /** Channels may go to private addresses and to such without TLS. */
  readonly allowPrivate: boolean;
  readonly read: ReadMinutes;
  readonly settingsOf: (endpoint: string) => MonitorSettings | null;
  readonly findReference: FindReference;
  /** How long incidents that are over stay on record. */
  readonly keepMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface BacktestWish {
  readonly days: number;
  /** Settings to try; null: those in force. */
  readonly section: ManifestMonitor | null;
}

export interface Alarms {
  /** Of the traffic itself; it must be among the judges. */
  readonly judge: Judge;
  readonly take: Incidents["take"];
  readonly taken: Incidents["taken"];
  readonly incidents: Incidents;
  readonly channels: Channels;
  /** Goes through the past with all judges; the operation ends with a `BacktestResult`. */
  backtest(judges: readonly Judge[], watched: Watched, wish: BacktestWish): Promise<Operation>;
  start(): void;
  stop(): Promise<void>;
}

/** What comes of findings: incidents, who is told of them, and what is looked at every minute. */
export function createAlarms(deps: AlarmDeps): Alarms {
  const { settingsOf, read, clock, operations } = deps;
  const channels = createChannels(deps);
  channels.serve();
  const incidents = createIncidents({ ...deps, channels, isGone: (watched) => isGone(deps, watched) });
  const pulse = createPulse({ ...deps, hear: incidents.hear, tick: incidents.tick });
  const importance = createImportance(deps);
  const system = createSystemJudge({ read });
  const takeTurn = createBacktestTurns();
  const judge: Judge = {
    name: system.name,
    async judge(input) {
      await importance.learn(input.watched);
      return system.judge(input);
    },
  };
  return {
    judge,
    take: (trx, heard) => incidents.take(trx, { ...heard, importance: importance.of(heard.watched) }),
    taken: incidents.taken,
    incidents,
    channels,
    backtest: (judges, watched, { days, section }) =>
      operations.start("backtest", `${watched.endpoint}@${watched.version}`, async ({ signal, progress }) => {
        const settings =
          (section && toMonitorSettings(section)) ?? settingsOf(watched.endpoint) ?? toMonitorSettings({})!;
        const order = {
          watched,
          settings,
          days,
          now: clock.now(),
          signal,
          progress: (done: number, of: number) => progress("backtest", `window ${done + 1} of ${of}`, done / of),
        };
        progress("backtest", "waiting for the one before it");
        return takeTurn(signal, () => backtest({ judges, read }, order));
      }),
    start: pulse.start,
    stop: pulse.stop,
  };
}

const freshMs = 600_000;

/** Which inputs matter how much, as the reference says: read where that may wait, known where findings become evidence. */
function createImportance({ findReference, clock }: Pick<AlarmDeps, "findReference" | "clock">) {
  const known = new Map<string, { readonly at: number; readonly shares: Importance }>();
  const keyOf = ({ endpoint, model, version }: Watched) => `${endpoint}\n${model}@${version}`;
  return {
    async learn(watched: Watched): Promise<void> {
      const found = known.get(keyOf(watched));
      if (found && clock.now() - found.at < freshMs) return;
      const reference = await findReference(watched);
      known.set(keyOf(watched), { at: clock.now(), shares: reference?.importance ?? {} });
    },
    of: (watched: Watched): Importance | undefined => known.get(keyOf(watched))?.shares,
  };
}
