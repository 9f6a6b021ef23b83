import { SlipwayError } from "@slipway/contract";
import type { Tracking } from "../../tracking/index.ts";
import { done, keyValue, toKeyValues, noteLostAnswer } from "./answers.ts";
import { list, need, text } from "./fields.ts";
import { route, type MlflowRoute } from "./route.ts";

const named = { experiment_id: need(text) };
const tracks = { method: "POST", scope: "track" } as const;

export function createExperimentRoutes({ tracking }: { readonly tracking: Tracking }): readonly MlflowRoute[] {
  const { experiments } = tracking;
  return [
    route({
      ...tracks,
      path: "/mlflow/experiments/create",
      fields: { name: need(text), artifact_location: text, tags: list(keyValue) },
      handler: async ({ name, artifact_location, tags }, { reply }) => {
        const order = { name, artifactLocation: artifact_location || null, tags: toKeyValues(tags) };
        const { id, mark } = await experiments.create(order);
        noteLostAnswer(tracking, mark, reply);
        return { experiment_id: id };
      },
    }),
    route({
      method: "GET",
      scope: "read",
      path: "/mlflow/experiments/get",
      fields: named,
      handler: async ({ experiment_id }) => ({ experiment: await experiments.get(experiment_id) }),
    }),
    route({
      method: "GET",
      scope: "read",
      path: "/mlflow/experiments/get-by-name",
      fields: { experiment_name: need(text) },
      handler: async ({ experiment_name }) => ({ experiment: await requireByName(tracking, experiment_name) }),
    }),
    ...createChangeRoutes(tracking),
  ];
}

function createChangeRoutes({ experiments }: Tracking): readonly MlflowRoute[] {
  return [
    route({
      ...tracks,
      path: "/mlflow/experiments/delete",
      fields: named,
      handler: ({ experiment_id }) => done(experiments.delete(experiment_id)),
    }),
    route({
      ...tracks,
      path: "/mlflow/experiments/restore",
      fields: named,
      handler: ({ experiment_id }) => done(experiments.restore(experiment_id)),
    }),
    route({
      ...tracks,
      path: "/mlflow/experiments/update",
      fields: { ...named, new_name: need(text) },
      handler: ({ experiment_id, new_name }) => done(experiments.rename(experiment_id, new_name)),
    }),
    route({
      ...tracks,
      path: "/mlflow/experiments/set-experiment-tag",
      fields: { ...named, key: need(text), value: text },
      handler: ({ experiment_id, key, value = "" }) => done(experiments.setTag(experiment_id, { key, value })),
    }),
    route({
      ...tracks,
      path: "/mlflow/experiments/delete-experiment-tag",
      fields: { ...named, key: need(text) },
      handler: ({ experiment_id, key }) => done(experiments.deleteTag(experiment_id, key)),
    }),
  ];
}

async function requireByName({ experiments }: Tracking, name: string) {
  const experiment = await experiments.findByName(name);
  if (experiment) return experiment;
  throw new SlipwayError("experiment_not_found", `Could not find experiment with name '${name}'`, { name });
}
