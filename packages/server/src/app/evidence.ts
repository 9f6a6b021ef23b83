import type { Offset } from "@slipway/runtime/log";
import { join } from "node:path";
import type { Config } from "../config/index.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Lifecycle } from "../kernel/lifecycle.ts";
import type { Logger } from "../kernel/logger.ts";
import type { Monitoring } from "../monitoring/index.ts";
import type { Sql } from "../platform/sql/index.ts";
import type { PredictionLake, PredictionLog } from "../predictions/index.ts";
import { createFindSignature, type Registry } from "../registry/index.ts";
import { createEvidence, type EvidenceSource } from "../rollouts/index.ts";

export interface EvidenceGiven {
  readonly config: Config;
  /** Of the data. */
  readonly folder: string;
  readonly sql: Sql;
  readonly predictions: PredictionLog;
  readonly predictionLake: PredictionLake;
  readonly monitoring: Monitoring;
  readonly registry: Registry;
  readonly lifecycle: Lifecycle;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What rollouts go by; it ends before what it reads. */
export function openEvidence({
  config,
  folder,
  registry,
  predictions,
  predictionLake,
  ...given
}: EvidenceGiven): EvidenceSource {
  const { monitoring, lifecycle, sql, clock, logger } = given;
  const evidence = createEvidence({
    logFolder: join(folder, "log"),
    sql,
    log: predictions,
    lake: predictionLake,
    profiles: monitoring.profiles,
    settingsOf: monitoring.settingsOf,
    findSignature: createFindSignature(registry),
    allowPrivate: config.webhookPrivate,
    clock,
    logger,
  });
  lifecycle.onStop("evidence of rollouts", () => evidence.close());
  return evidence;
}

/** Readers of the log whose place keeps segments; that of the evidence only while a rollout is under way. */
export async function listReaders(
  monitoring: Monitoring,
  evidence: EvidenceSource,
): Promise<readonly ReadonlyMap<string, Offset>[]> {
  await evidence.refresh();
  const counted = await evidence.offsets();
  return [await monitoring.logOffsets(), ...(counted.size === 0 ? [] : [counted])];
}
