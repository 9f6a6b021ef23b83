import { join } from "node:path";
import type { Config } from "../config/index.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Lifecycle } from "../kernel/lifecycle.ts";
import type { Logger } from "../kernel/logger.ts";
import type { Maintenance } from "../kernel/maintenance.ts";
import { createLake } from "../platform/lake/index.ts";
import { createPredictionLake, type Exports, type PredictionLake, type PredictionLog } from "../predictions/index.ts";
import { createFindSignature, type Registry } from "../registry/index.ts";
import type { Storage } from "./storage.ts";

export interface LakeGiven {
  readonly config: Config;
  readonly storage: Storage;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly lifecycle: Lifecycle;
  readonly registry: Registry;
  readonly maintenance: Maintenance;
  readonly predictions: PredictionLog;
  readonly exports: Exports;
}

const idleMs = 120_000;

/** Predictions as Parquet, with two kinds of child processes: queries of users never wait for what writes. */
export async function openPredictionLake(given: LakeGiven): Promise<PredictionLake> {
  const { config, storage, registry, maintenance, predictions, clock, logger, lifecycle } = given;
  const tempFolder = join(storage.folder, "tmp");
  const limits = { memoryBytes: config.lakeMemory, idleMs, tempFolder, clock, logger };
  const lake = await createPredictionLake({
    folder: join(storage.folder, "lake"),
    logFolder: join(storage.folder, "log"),
    tempFolder,
    sql: storage.sql,
    reader: createLake({ ...limits, threads: 2, children: 2 }),
    writer: createLake({ ...limits, threads: 1 }),
    maintenance,
    growing: async () => [...(await predictions.growing()), ...predictions.adopted()],
    findSignature: createFindSignature(registry),
    clock,
    logger,
    intervalMs: config.lakeInterval,
    onCompacted: given.exports.record,
  });
  lifecycle.onStop("lake", () => lake.close());
  await given.exports.start(lake);
  lifecycle.onStop("exports", () => given.exports.close());
  return lake;
}
