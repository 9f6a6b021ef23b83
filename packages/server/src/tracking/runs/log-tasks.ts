import type { TaskDb } from "../../platform/sql/index.ts";
import type { KeyValue } from "../key-value.ts";
import type { Points } from "../metrics/point.ts";
import { writeModelMetrics, type ModelMetric } from "../metrics/write-model-metrics.ts";
import { writePoints } from "../metrics/write-points.ts";
import { writeParams } from "./params.ts";
import { requireActiveRun } from "./run.ts";
import { putTags } from "./tags.ts";

export interface LogEntry {
  readonly id: string;
  readonly points?: Points;
  readonly modelMetrics?: readonly ModelMetric[];
  readonly params?: readonly KeyValue[];
  readonly tags?: readonly KeyValue[];
  /** It came with others, so an error tells of all. */
  readonly isBatch?: boolean;
}

/** All of it or nothing, and the same again is no change. */
export async function logToRun(db: TaskDb, entry: LogEntry): Promise<void> {
  const { id, points, modelMetrics, params, tags, isBatch = false } = entry;
  const run = await requireActiveRun(db, id);
  if (params && params.length > 0) await writeParams(db, { n: run.n, id, isBatch }, params);
  if (points && points.keys.length > 0) await writePoints(db, run, points);
  if (modelMetrics && modelMetrics.length > 0) await writeModelMetrics(db, run, modelMetrics);
  if (tags && tags.length > 0) await putTags(db, run.n, tags);
}
