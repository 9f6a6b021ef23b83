import type { Tracking } from "../../tracking/index.ts";
import { done, keyValue, toKeyValues, noteLostAnswer } from "./answers.ts";
import { bool, list, need, oneOf, text } from "./fields.ts";
import { route, type MlflowRoute } from "./route.ts";

const named = { model_id: need(text) };
const status = oneOf({ LOGGED_MODEL_PENDING: 1, LOGGED_MODEL_READY: 2, LOGGED_MODEL_UPLOAD_FAILED: 3 });
const one = "/mlflow/logged-models/:model_id";

export function createLoggedModelRoutes({ tracking }: { readonly tracking: Tracking }): readonly MlflowRoute[] {
  const { loggedModels: models } = tracking;
  return [
    route({
      method: "POST",
      scope: "track",
      path: "/mlflow/logged-models",
      fields: {
        experiment_id: need(text),
        name: text,
        model_type: text,
        source_run_id: text,
        params: list(keyValue),
        tags: list(keyValue),
      },
      handler: async ({ experiment_id, name, model_type = "", source_run_id = "", params, tags }, { reply }) => {
        const { model, mark } = await models.create({
          experimentId: experiment_id,
          name: name || null,
          modelType: model_type,
          sourceRunId: source_run_id,
          params: toKeyValues(params),
          tags: toKeyValues(tags),
        });
        noteLostAnswer(tracking, mark, reply);
        return { model };
      },
    }),
    route({
      method: "GET",
      scope: "read",
      path: one,
      fields: { ...named, allow_deleted: bool },
      handler: async ({ model_id, allow_deleted }) => ({ model: await models.get(model_id, allow_deleted) }),
    }),
    route({
      method: "PATCH",
      scope: "track",
      path: one,
      fields: { ...named, status: need(status) },
      handler: async ({ model_id, status: to }) => ({ model: await models.finish(model_id, to) }),
    }),
    route({
      method: "DELETE",
      scope: "track",
      path: one,
      fields: named,
      handler: ({ model_id }) => done(models.delete(model_id)),
    }),
    ...createPairRoutes(tracking),
  ];
}

function createPairRoutes({ loggedModels: models }: Tracking): readonly MlflowRoute[] {
  return [
    route({
      method: "PATCH",
      scope: "track",
      path: `${one}/tags`,
      fields: { ...named, tags: list(keyValue) },
      handler: ({ model_id, tags }) => done(models.setTags(model_id, toKeyValues(tags))),
    }),
    route({
      method: "DELETE",
      scope: "track",
      path: `${one}/tags/:tag_key`,
      fields: { ...named, tag_key: need(text) },
      handler: ({ model_id, tag_key }) => done(models.deleteTag(model_id, tag_key)),
    }),
    route({
      method: "POST",
      scope: "track",
      path: `${one}/params`,
      fields: { ...named, params: list(keyValue) },
      handler: ({ model_id, params }) => done(models.logParams(model_id, toKeyValues(params))),
    }),
  ];
}
