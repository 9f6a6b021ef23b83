import type { Endpoints } from "../../endpoints/index.ts";
import { isPrompt, type Registry, type Sources, type VersionOrigin } from "../../registry/index.ts";
import type { KeyValue, Tracking } from "../../tracking/index.ts";
import { done, keyValue, toKeyValues, noteLostAnswer } from "./answers.ts";
import { bool, int, list, need, text, texts, type Input } from "./fields.ts";
import { checkLimit, checkModelName, inMlflowWords, parseVersionNumber } from "./registry-words.ts";
import { route, type MlflowRoute } from "./route.ts";

export interface VersionFaceDeps {
  readonly registry: Registry;
  readonly sources: Sources;
  readonly tracking: Tracking;
  readonly endpoints: Pick<Endpoints, "dropVersion">;
}

const one = "/mlflow/model-versions";
const named = { name: need(text), version: need(text) };
const pages = { usual: 200_000, most: 200_000 };
const order = {
  name: need(text),
  source: need(text),
  run_id: text,
  tags: list(keyValue),
  run_link: text,
  description: text,
  model_id: text,
};

const toRef = ({ name, version }: Input<typeof named>) => ({
  model: checkModelName(name),
  version: parseVersionNumber(version),
});

export function createModelVersionRoutes(deps: VersionFaceDeps): readonly MlflowRoute[] {
  const { registry, endpoints } = deps;
  const view = async (at: { readonly model: string; readonly version: number }) => ({
    model_version: await registry.search.version(at.model, at.version),
  });
  return [
    route({
      method: "POST",
      scope: "track",
      path: `${one}/create`,
      fields: order,
      handler: async (input, { author, reply }) => {
        const { version, mark } = await create(deps, input, author);
        noteLostAnswer(registry, mark, reply);
        return view(version);
      },
    }),
    route({
      method: "PATCH",
      scope: "track",
      path: `${one}/update`,
      fields: { ...named, description: text },
      handler: async ({ description = null, ...input }) => {
        await inMlflowWords(registry.describeVersion(toRef(input), description));
        return view(toRef(input));
      },
    }),
    route({
      method: "POST",
      scope: "deploy",
      path: `${one}/transition-stage`,
      fields: { ...named, stage: need(text), archive_existing_versions: bool },
      handler: async ({ stage, archive_existing_versions: archive = false, ...input }, { author }) => {
        await inMlflowWords(registry.moveStage(toRef(input), { stage, archive }, author));
        return view(toRef(input));
      },
    }),
    route({
      method: "DELETE",
      scope: "admin",
      path: `${one}/delete`,
      fields: named,
      handler: async (input, { author }) => done(inMlflowWords(endpoints.dropVersion(toRef(input), author))),
    }),
    route({
      method: "GET",
      scope: "read",
      path: `${one}/get`,
      fields: named,
      handler: async (input) => view(toRef(input)),
    }),
    ...createVersionSearches(registry),
    ...createVersionTags(registry),
  ];
}

async function create(deps: VersionFaceDeps, input: Input<typeof order>, author: string | null) {
  const { registry, tracking } = deps;
  const tags = toKeyValues(input.tags);
  const model = checkModelName(input.name);
  const origin = await inMlflowWords(toOrigin(deps, input, tags));
  const { description = "" } = input;
  const made = await inMlflowWords(registry.registerVersion({ model, origin, description, tags, author }));
  const { version, created } = made;
  if (created && origin.loggedModelId !== "")
    await tracking.loggedModels.noteVersion(origin.loggedModelId, { name: model, version: version.version });
  return made;
}

/** A prompt is a version without files. */
async function toOrigin(
  { sources }: VersionFaceDeps,
  { source, run_id, run_link, model_id }: Input<typeof order>,
  tags: readonly KeyValue[],
): Promise<VersionOrigin> {
  if (!isPrompt(tags)) return sources.toOrigin({ source, runId: run_id, loggedModelId: model_id, runLink: run_link });
  return { source, storageLocation: source, runId: run_id ?? "", runLink: run_link ?? "", loggedModelId: "" };
}

function createVersionSearches(registry: Registry): readonly MlflowRoute[] {
  return [
    route({
      method: "GET",
      scope: "read",
      path: `${one}/search`,
      fields: { filter: text, max_results: int, order_by: texts, page_token: text },
      handler: ({ filter, max_results, order_by = [], page_token }) =>
        registry.search.versions({
          filter: filter ?? null,
          limit: checkLimit(max_results, pages),
          orderBy: order_by,
          token: page_token ?? null,
        }),
    }),
    route({
      method: "GET",
      scope: "read",
      path: `${one}/get-download-uri`,
      fields: named,
      handler: async (input) => {
        const { model, version } = toRef(input);
        const { origin } = await inMlflowWords(registry.requireVersion(model, version));
        return { artifact_uri: origin.storageLocation };
      },
    }),
  ];
}

function createVersionTags(registry: Registry): readonly MlflowRoute[] {
  return [
    route({
      method: "POST",
      scope: "track",
      path: `${one}/set-tag`,
      fields: { ...named, key: need(text), value: text },
      handler: async ({ key, value = "", ...input }) =>
        done(inMlflowWords(registry.setVersionTag(toRef(input), { key, value }))),
    }),
    route({
      method: "DELETE",
      scope: "track",
      path: `${one}/delete-tag`,
      fields: { ...named, key: need(text) },
      handler: async ({ key, ...input }) => done(inMlflowWords(registry.deleteVersionTag(toRef(input), key))),
    }),
  ];
}
