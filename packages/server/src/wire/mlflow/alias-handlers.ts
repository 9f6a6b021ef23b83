import { SlipwayError } from "@slipway/contract";
import type { Endpoints } from "../../endpoints/index.ts";
import type { Registry } from "../../registry/index.ts";
import { done } from "./answers.ts";
import { need, text } from "./fields.ts";
import { checkModelName, inMlflowWords, parseVersionNumber } from "./registry-words.ts";
import { route, type MlflowRoute } from "./route.ts";

const path = "/mlflow/registered-models/alias";
const named = { name: need(text), alias: need(text) };

export interface AliasFaceDeps {
  readonly registry: Registry;
  readonly endpoints: Pick<Endpoints, "moveAlias" | "deleteAlias">;
}

/** Whoever moves an alias moves the traffic of the endpoints that follow it. */
export function createAliasRoutes({ registry, endpoints }: AliasFaceDeps): readonly MlflowRoute[] {
  return [
    route({
      method: "POST",
      scope: "deploy",
      path,
      fields: { ...named, version: need(text) },
      handler: async ({ name: model, alias, version }, { author }) => {
        checkAlias(alias);
        const to = { model: checkModelName(model), alias, version: parseVersionNumber(version) };
        return done(inMlflowWords(endpoints.moveAlias(to, { author, message: null })));
      },
    }),
    route({
      method: "DELETE",
      scope: "deploy",
      path,
      fields: named,
      handler: async ({ name, alias }, { author }) => {
        checkCharacters(alias);
        const aliases = await inMlflowWords(registry.listAliases(checkModelName(name)));
        const isThere = aliases.some((each) => each.alias === alias);
        return done(isThere ? inMlflowWords(endpoints.deleteAlias(name, alias, author)) : Promise.resolve());
      },
    }),
    route({
      method: "GET",
      scope: "read",
      path,
      fields: named,
      handler: async ({ name, alias }) => ({ model_version: await find(registry, checkModelName(name), alias) }),
    }),
  ];
}

async function find({ search }: Registry, name: string, alias: string) {
  if (alias.toLowerCase() !== "latest") return search.byAlias(name, alias);
  const [newest] = (await search.latest(name, [])).toSorted((a, b) => Number(b.version) - Number(a.version));
  if (newest) return newest;
  throw new SlipwayError("version_not_found", `Latest version not found for model ${name}.`, { model: name });
}

/** MLflow's own rules; the registry's come after them. @throws SlipwayError `invalid_request` */
function checkAlias(alias: string): void {
  checkCharacters(alias);
  if (alias.toLowerCase() === "latest")
    throw new SlipwayError("invalid_request", "'latest' alias name (case insensitive) is reserved.");
  if (/^v\d+$/i.test(alias)) throw new SlipwayError("invalid_request", `Version alias name '${alias}' is reserved.`);
}

function checkCharacters(alias: string): void {
  if (/^[\p{L}\p{N}_-]*$/u.test(alias)) return;
  throw new SlipwayError(
    "invalid_request",
    `Invalid alias name: '${alias}'. Names may only contain alphanumerics, underscores (_), and dashes (-).`,
  );
}
