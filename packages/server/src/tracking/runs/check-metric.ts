import { SlipwayError } from "@slipway/contract/errors";
import { checkKey, checkLength, limits } from "../limits.ts";
import type { Metric } from "../metrics/point.ts";

/** `path` is `metrics[0]` of a batch, "" of a single one. @throws SlipwayError `invalid_request` */
export function checkMetric({ key, value, timestamp, step }: Metric, path: string): void {
  checkKey(key, join(path, "name"));
  if (timestamp < 0 || !Number.isSafeInteger(timestamp))
    throw new SlipwayError(
      "invalid_request",
      `Invalid value ${timestamp} for parameter '${join(path, "timestamp")}' supplied: metric '${key}' (value=${value}). ` +
        "Timestamp must be a nonnegative long (64-bit integer) below 2^53",
    );
  if (!Number.isSafeInteger(step))
    throw new SlipwayError(
      "invalid_request",
      `Invalid value ${step} for parameter '${join(path, "step")}' supplied: metric '${key}' (value=${value}). ` +
        "Step must be a valid long (64-bit integer) below 2^53.",
    );
  checkLength(key, limits.key, "Metric name");
}

function join(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}
