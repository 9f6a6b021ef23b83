import type { Offset } from "@slipway/runtime/log";
import { join, resolve } from "node:path";
import type { Config } from "../config/index.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Lifecycle } from "../kernel/lifecycle.ts";
import type { Logger } from "../kernel/logger.ts";
import type { Maintenance } from "../kernel/maintenance.ts";
import type { Operations } from "../platform/queue/index.ts";
import {
  createErasures,
  createExports,
  createRetention,
  type Erasures,
  type Exports,
  type PredictionLake,
  type PredictionLog,
  type Retention,
} from "../predictions/index.ts";
import type { Storage } from "./storage.ts";

export interface KeepingGiven {
  readonly config: Config;
  readonly storage: Storage;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly lifecycle: Lifecycle;
  readonly maintenance: Maintenance;
  readonly operations: Operations;
  readonly predictions: PredictionLog;
  readonly predictionLake: PredictionLake;
  readonly exports: Exports;
  /** Has others let go of what they made of an endpoint's predictions. */
  readonly onErased: (endpoint: string) => Promise<void>;
  /** Those that read the log beside the lake, and how far they are. */
  readonly otherReaders: () => Promise<readonly ReadonlyMap<string, Offset>[]>;
}

/** Copies of new Parquet files for somebody else. */
export function openExports({
  config,
  storage,
  clock,
  logger,
}: Pick<KeepingGiven, "config" | "storage" | "clock" | "logger">): Exports {
  return createExports({
    target: config.lakeExport === null ? null : resolve(config.lakeExport),
    queueFolder: join(storage.folder, "export"),
    lakeFolder: join(storage.folder, "lake"),
    sql: storage.sql,
    clock,
    logger,
  });
}

export interface Keeping {
  readonly erasures: Erasures;
  readonly retention: Retention;
}

/** How long predictions stay, and what takes them out before; goes on with what was begun before this start. */
export async function startKeeping(given: KeepingGiven): Promise<Keeping> {
  const { config, storage, predictions: log, predictionLake: lake, lifecycle } = given;
  const { maintenance, operations, clock, logger } = given;
  const logFolder = join(storage.folder, "log");
  const base = { logFolder, log, lake, maintenance, clock, logger };
  const erasures = createErasures({
    ...base,
    folder: join(storage.folder, "erasures"),
    sql: storage.sql,
    operations,
    exports: given.exports,
    onErased: given.onErased,
  });
  await erasures.resume();
  const retention = createRetention({
    ...base,
    logLimits: { ageMs: config.logRetention, bytes: config.logRetentionSize },
    lakeLimits: { ageMs: config.lakeRetention, bytes: config.lakeRetentionSize },
    otherReaders: given.otherReaders,
  });
  retention.start();
  lifecycle.onStop("retention", () => retention.close());
  return { erasures, retention };
}
