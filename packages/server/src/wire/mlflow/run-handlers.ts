import type { KeyValue, Tracking } from "../../tracking/index.ts";
import { done, keyValue, toKeyValues, noteLostAnswer } from "./answers.ts";
import { int, list, need, oneOf, record, text } from "./fields.ts";
import { route, type MlflowRoute } from "./route.ts";

const named = { run_id: need(text) };
const tracks = { method: "POST", scope: "track" } as const;
const status = oneOf({ RUNNING: 1, SCHEDULED: 2, FINISHED: 3, FAILED: 4, KILLED: 5 });

export function createRunRoutes({ tracking }: { readonly tracking: Tracking }): readonly MlflowRoute[] {
  const { runs } = tracking;
  return [
    route({
      ...tracks,
      path: "/mlflow/runs/create",
      fields: { experiment_id: text, start_time: int, run_name: text, user_id: text, tags: list(keyValue) },
      handler: async ({ experiment_id = "", start_time, run_name, user_id = "", tags }, { reply }) => {
        const { run, mark } = await runs.create({
          experimentId: experiment_id,
          userId: user_id,
          startTime: start_time ?? null,
          name: run_name || null,
          tags: toKeyValues(tags),
        });
        noteLostAnswer(tracking, mark, reply);
        return { run };
      },
    }),
    route({
      method: "GET",
      scope: "read",
      path: "/mlflow/runs/get",
      fields: named,
      handler: ({ run_id }) => runs.get(run_id),
    }),
    route({
      ...tracks,
      path: "/mlflow/runs/update",
      fields: { ...named, end_time: int, status, run_name: text },
      handler: async ({ run_id, end_time, status: to, run_name }) => {
        const change = { id: run_id, status: to ?? null, endTime: end_time ?? null, name: run_name || null };
        return { run_info: await runs.update(change) };
      },
    }),
    route({
      ...tracks,
      path: "/mlflow/runs/delete",
      fields: named,
      handler: ({ run_id }) => done(runs.delete(run_id)),
    }),
    route({
      ...tracks,
      path: "/mlflow/runs/restore",
      fields: named,
      handler: ({ run_id }) => done(runs.restore(run_id)),
    }),
    ...createTagRoutes(tracking),
    ...createLinkRoutes(tracking),
  ];
}

function createTagRoutes({ runs }: Tracking): readonly MlflowRoute[] {
  return [
    route({
      ...tracks,
      path: "/mlflow/runs/set-tag",
      fields: { ...named, key: need(text), value: text },
      handler: ({ run_id, key, value = "" }) => done(runs.setTag(run_id, { key, value })),
    }),
    route({
      ...tracks,
      path: "/mlflow/runs/delete-tag",
      fields: { ...named, key: need(text) },
      handler: ({ run_id, key }) => done(runs.deleteTag(run_id, key)),
    }),
  ];
}

const dataset = record({
  name: text,
  digest: text,
  source_type: text,
  source: text,
  schema: text,
  profile: text,
});

/** What goes into a run, and the models that come out of it. */
function createLinkRoutes({ runs }: Tracking): readonly MlflowRoute[] {
  return [
    route({
      ...tracks,
      path: "/mlflow/runs/log-inputs",
      fields: {
        ...named,
        datasets: list({ tags: list(keyValue), dataset }),
        models: list({ model_id: text }),
      },
      handler: ({ run_id, datasets = [], models = [] }) =>
        done(
          runs.logInputs(run_id, {
            datasets: datasets.map((each) => toDatasetInput(each.dataset ?? {}, toKeyValues(each.tags))),
            models: models.map(({ model_id = "" }) => model_id),
          }),
        ),
    }),
    route({
      ...tracks,
      path: "/mlflow/runs/outputs",
      fields: { ...named, models: need(list({ model_id: text, step: int })) },
      handler: ({ run_id, models }) =>
        done(
          runs.logOutputs(
            run_id,
            models.map(({ model_id = "", step = 0 }) => ({ modelId: model_id, step })),
          ),
        ),
    }),
    route({
      ...tracks,
      path: "/mlflow/runs/log-model",
      fields: { ...named, model_json: need(text) },
      handler: ({ run_id, model_json }) => done(runs.logModel(run_id, model_json)),
    }),
  ];
}

function toDatasetInput(given: Partial<Record<string, string>>, tags: readonly KeyValue[]) {
  const { name = "", digest = "", source_type = "", source = "", schema, profile } = given;
  const texts = { ...(schema !== undefined && { schema }), ...(profile !== undefined && { profile }) };
  return { dataset: { name, digest, source_type, source, ...texts }, tags };
}
