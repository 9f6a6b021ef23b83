import type { BlobStore } from "../platform/blobs/index.ts";
import type { Operations } from "../platform/queue/index.ts";
import {
  createLabels,
  createPredictionLog,
  type Exports,
  type Labels,
  type PredictionLake,
  type PredictionLog,
} from "../predictions/index.ts";
import type { CapabilityDeps } from "./capability-deps.ts";
import { openExports } from "./keeping.ts";
import { openPredictionLake, type LakeGiven } from "./lake.ts";
import { toLogSettings } from "./log-settings.ts";

interface RecordGiven extends CapabilityDeps, Pick<LakeGiven, "registry" | "maintenance"> {
  readonly blobs: BlobStore;
  readonly operations: Operations;
}

/** What was answered and what came true: the log, the lake that it flows into, and the labels. */
export interface PredictionRecord {
  readonly predictions: PredictionLog;
  readonly predictionLake: PredictionLake;
  readonly labels: Labels;
  readonly exports: Exports;
}

export async function openRecord(given: RecordGiven): Promise<PredictionRecord> {
  const { config, storage, workers, lifecycle } = given;
  const predictions = await createPredictionLog({
    ...toLogSettings(config, storage.folder),
    instance: given.instance,
    peers: workers?.logs ?? null,
    clock: given.clock,
    logger: given.logger,
  });
  lifecycle.onStop("predictions", () => predictions.close(), 10_000);
  const exports = openExports(given);
  const predictionLake = await openPredictionLake({ ...given, predictions, exports });
  const labels = createLabels({ ...given, sql: storage.sql, lake: predictionLake, sources: config.sources });
  return { predictions, predictionLake, labels, exports };
}
