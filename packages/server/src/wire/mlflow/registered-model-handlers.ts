import type { Endpoints } from "../../endpoints/index.ts";
import { parseStage, type Registry } from "../../registry/index.ts";
import { done, keyValue, toKeyValues, noteLostAnswer } from "./answers.ts";
import { int, list, need, text, texts } from "./fields.ts";
import { checkLimit, checkModelName, inMlflowWords } from "./registry-words.ts";
import { route, type MlflowRoute } from "./route.ts";

export interface RegistryFaceDeps {
  readonly registry: Registry;
  readonly endpoints: Pick<Endpoints, "deleteModel" | "renameModel">;
}

const named = { name: need(text) };
const one = "/mlflow/registered-models";
const pages = { usual: 100, most: 1000 };

export function createRegisteredModelRoutes({ registry, endpoints }: RegistryFaceDeps): readonly MlflowRoute[] {
  const view = async (name: string) => ({ registered_model: await registry.search.model(name) });
  return [
    route({
      method: "POST",
      scope: "track",
      path: `${one}/create`,
      fields: { ...named, tags: list(keyValue), description: text },
      handler: async ({ name, tags, description = "" }, { reply }) => {
        const { mark } = await registry.createModel({
          name: checkModelName(name),
          description,
          tags: toKeyValues(tags),
        });
        noteLostAnswer(registry, mark, reply);
        return view(name);
      },
    }),
    route({
      method: "POST",
      scope: "deploy",
      path: `${one}/rename`,
      fields: { ...named, new_name: need(text) },
      handler: async ({ name, new_name }, { author }) => {
        await inMlflowWords(endpoints.renameModel(checkModelName(name), checkModelName(new_name, "new_name"), author));
        return view(new_name);
      },
    }),
    route({
      method: "PATCH",
      scope: "track",
      path: `${one}/update`,
      fields: { ...named, description: text },
      handler: async ({ name, description = "" }) => {
        await inMlflowWords(registry.describeModel(checkModelName(name), description));
        return view(name);
      },
    }),
    route({
      method: "DELETE",
      scope: "admin",
      path: `${one}/delete`,
      fields: named,
      handler: async ({ name }, { author }) => done(inMlflowWords(endpoints.deleteModel(checkModelName(name), author))),
    }),
    route({
      method: "GET",
      scope: "read",
      path: `${one}/get`,
      fields: named,
      handler: async ({ name }) => view(checkModelName(name)),
    }),
    ...createModelSearches(registry),
    ...createModelTags(registry),
  ];
}

function createModelSearches({ search }: Registry): readonly MlflowRoute[] {
  return [
    route({
      method: "GET",
      scope: "read",
      path: `${one}/search`,
      fields: { filter: text, max_results: int, order_by: texts, page_token: text },
      handler: ({ filter, max_results, order_by = [], page_token }) =>
        search.models({
          filter: filter ?? null,
          limit: checkLimit(max_results, pages),
          orderBy: order_by,
          token: page_token ?? null,
        }),
    }),
    // Clients ask by POST, and by GET where a server does not know that.
    ...(["POST", "GET"] as const).map((method) =>
      route({
        method,
        scope: "read",
        path: `${one}/get-latest-versions`,
        fields: { ...named, stages: texts },
        handler: async ({ name, stages = [] }) => {
          const latest = await search.latest(checkModelName(name), stages.map(parseStage));
          return latest.length === 0 ? {} : { model_versions: latest };
        },
      }),
    ),
  ];
}

function createModelTags(registry: Registry): readonly MlflowRoute[] {
  return [
    route({
      method: "POST",
      scope: "track",
      path: `${one}/set-tag`,
      fields: { ...named, key: need(text), value: text },
      handler: async ({ name, key, value = "" }) =>
        done(inMlflowWords(registry.setModelTag(checkModelName(name), { key, value }))),
    }),
    route({
      method: "DELETE",
      scope: "track",
      path: `${one}/delete-tag`,
      fields: { ...named, key: need(text) },
      handler: async ({ name, key }) => done(inMlflowWords(registry.deleteModelTag(checkModelName(name), key))),
    }),
  ];
}
