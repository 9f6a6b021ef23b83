import type { LoggedMetric, Tracking } from "../../tracking/index.ts";
import { done, keyValue, toKeyValues } from "./answers.ts";
import { float, int, list, need, text, type Input } from "./fields.ts";
import { route, type MlflowRoute } from "./route.ts";

const named = { run_id: need(text) };
const tracks = { method: "POST", scope: "track" } as const;
const metric = {
  key: need(text),
  value: need(float),
  timestamp: need(int),
  step: int,
  model_id: text,
  dataset_name: text,
  dataset_digest: text,
};

/** What a training loop calls at every step. */
export function createLogRoutes({ tracking }: { readonly tracking: Tracking }): readonly MlflowRoute[] {
  const { runs } = tracking;
  return [
    route({
      ...tracks,
      path: "/mlflow/runs/log-metric",
      fields: { ...named, ...metric },
      handler: ({ run_id, ...given }) => done(runs.logMetric(run_id, toMetric(given))),
    }),
    route({
      ...tracks,
      path: "/mlflow/runs/log-parameter",
      fields: { ...named, key: need(text), value: text },
      handler: ({ run_id, key, value = "" }) => done(runs.logParam(run_id, { key, value })),
    }),
    route({
      ...tracks,
      path: "/mlflow/runs/log-batch",
      fields: {
        ...named,
        metrics: list(metric),
        params: list({ ...keyValue, key: need(text) }),
        tags: list({ ...keyValue, key: need(text) }),
      },
      handler: ({ run_id, metrics = [], params, tags }) =>
        done(
          runs.logBatch(run_id, {
            metrics: metrics.map(toMetric),
            params: toKeyValues(params),
            tags: toKeyValues(tags),
          }),
        ),
    }),
  ];
}

function toMetric(given: Input<typeof metric>): LoggedMetric {
  const { key, value, timestamp, step = 0 } = given;
  return {
    key,
    value,
    timestamp,
    step,
    modelId: given.model_id || null,
    datasetName: given.dataset_name || null,
    datasetDigest: given.dataset_digest || null,
  };
}
