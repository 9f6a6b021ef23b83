import { SlipwayError } from "@slipway/contract/errors";
import type { KeyValue } from "../key-value.ts";
import { checkKey, checkLength, cut, limits } from "../limits.ts";
import { toPoints, toStored, type Metric } from "../metrics/point.ts";
import type { ModelMetric } from "../metrics/write-model-metrics.ts";
import { checkMetric } from "./check-metric.ts";
import type { LogEntry } from "./log-tasks.ts";

export interface LoggedMetric extends Metric {
  /** The logged model that it tells of, too. */
  readonly modelId: string | null;
  readonly datasetName: string | null;
  readonly datasetDigest: string | null;
}

export interface Batch {
  readonly metrics: readonly LoggedMetric[];
  readonly params: readonly KeyValue[];
  readonly tags: readonly KeyValue[];
}

/** @throws SlipwayError `invalid_request` */
export function toMetricEntry(id: string, metric: LoggedMetric): LogEntry {
  checkMetric(metric, "");
  return { id, points: toPoints([metric]), ...toModelMetrics([metric]) };
}

/** @throws SlipwayError `invalid_request` for more than MLflow takes at once, and for whatever is wrong in it */
export function toLogEntry(id: string, { metrics, params, tags }: Batch): LogEntry {
  if (!/^[a-zA-Z0-9][\w-]{0,255}$/.test(id))
    throw new SlipwayError("invalid_request", `Invalid value ${JSON.stringify(id)} for parameter 'run_id' supplied.`);
  checkCount("metrics", metrics.length, 1000);
  checkCount("params", params.length, 100);
  checkCount("tags", tags.length, 100);
  checkCount("metrics, params, and tags", metrics.length + params.length + tags.length, 1000);
  for (const [index, metric] of metrics.entries()) checkMetric(metric, `metrics[${index}]`);
  const short = params.map(({ key, value }, index) => {
    checkKey(key, `params[${index}].key`);
    checkLength(key, limits.key, "Param key");
    return { key, value: cut(value, limits.paramValue) };
  });
  const shortTags = tags.map(({ key, value }, index) => {
    checkKey(key, `tags[${index}].key`);
    checkLength(key, limits.key, `tags[${index}].key`);
    return { key, value: cut(value, limits.runTagValue) };
  });
  checkDifferent(params);
  return {
    id,
    ...(metrics.length > 0 && { points: toPoints(metrics), ...toModelMetrics(metrics) }),
    params: short,
    tags: shortTags,
    isBatch: true,
  };
}

function toModelMetrics(metrics: readonly LoggedMetric[]): { modelMetrics?: readonly ModelMetric[] } {
  const ofModels = metrics.flatMap((metric) =>
    metric.modelId === null ? [] : [{ ...metric, modelId: metric.modelId, value: toStored(metric.value) }],
  );
  return ofModels.length > 0 ? { modelMetrics: ofModels } : {};
}

function checkCount(what: string, count: number, most: number): void {
  if (count <= most) return;
  throw new SlipwayError(
    "invalid_request",
    `A batch logging request can contain at most ${most} ${what}. Got ${count} ${what}. Please split up ${what} across ` +
      "multiple requests and try again.",
  );
}

function checkDifferent(params: readonly KeyValue[]): void {
  const seen = new Set<string>();
  const again = params.filter(({ key }) => seen.size === seen.add(key).size).map(({ key }) => `'${key}'`);
  if (again.length === 0) return;
  throw new SlipwayError(
    "invalid_request",
    `Duplicate parameter keys have been submitted: [${again.join(", ")}]. Please ensure the request contains only one param ` +
      "value per param key.",
  );
}
