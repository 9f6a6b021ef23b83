import { findNearest, SlipwayError } from "@slipway/contract";
import type { KeyValue } from "../tracking/index.ts";
import type { Alias } from "./model.ts";
import type { ModelVersion } from "./model-version.ts";
import type { RegistryStore } from "./store.ts";
import { isPrompt } from "./tags.ts";

/** Names that are looked through for near ones. */
const maxNames = 10_000;
const maxShown = 5;

export async function modelNotFound(store: RegistryStore, model: string): Promise<SlipwayError> {
  const names = await store.listNames(maxNames);
  const nearest = findNearestNames(model, names);
  const hint =
    nearest.length > 0
      ? `Did you mean ${nearest.map((name) => JSON.stringify(name)).join(" or ")}?`
      : names.length > 0
        ? `There ${names.length === 1 ? "is" : "are"} ${listShort(names)}.`
        : "There is no model yet: deploy one.";
  return new SlipwayError("model_not_found", `There is no model ${JSON.stringify(model)}. ${hint}`, { model, nearest });
}

export async function versionNotFound(
  store: RegistryStore,
  at: { readonly model: string; readonly version?: number },
  deleted: ModelVersion | null,
): Promise<SlipwayError> {
  if ((await store.findModel(at.model)) === null) return modelNotFound(store, at.model);
  const versions = await store.listNumbers(at.model, maxShown);
  const hint = versions.length === 0 ? "It has no version: deploy one." : `Its versions are ${versions.join(", ")}.`;
  const what =
    at.version === undefined
      ? `The model ${JSON.stringify(at.model)} has nothing to serve.`
      : deleted?.deletedAt
        ? `${at.model}@${at.version} was deleted at ${new Date(deleted.deletedAt).toISOString()}.`
        : `The model ${JSON.stringify(at.model)} has no version ${at.version}.`;
  return new SlipwayError("version_not_found", `${what} ${hint}`, { ...at, versions });
}

export async function aliasNotFound(store: RegistryStore, model: string, alias: string): Promise<SlipwayError> {
  if ((await store.findModel(model)) === null) return modelNotFound(store, model);
  const aliases = (await store.listAliases(model)).map((each) => each.alias);
  const hint = aliases.length === 0 ? "It has no alias yet." : `Its aliases are ${listShort(aliases)}.`;
  const message = `The model ${JSON.stringify(model)} has no alias ${JSON.stringify(alias)}. ${hint}`;
  return new SlipwayError("alias_not_found", message, { model, alias, aliases });
}

/** In MLflow's words, whose clients look into them. `was`: the tags of what has the name, `is`: of what wants it. */
export function modelExists(
  name: string,
  { was, is }: { readonly was: readonly KeyValue[]; readonly is: readonly KeyValue[] },
): SlipwayError {
  const [old, wanted] = [was, is].map((tags) => (isPrompt(tags) ? "Prompt" : "Registered Model"));
  const message =
    old === wanted
      ? `${wanted} (name=${name}) already exists.`
      : `Tried to create a ${wanted!.toLowerCase()} with name '${name}', but the name is already taken by a ${old!.toLowerCase()}. ` +
        "A model and a prompt cannot have the same name.";
  return new SlipwayError("already_exists", message, { model: name });
}

/** Versions of a name are never given twice: what was predicted names them. */
export function nameInUse(name: string, numbers: readonly number[]): SlipwayError {
  return new SlipwayError(
    "already_exists",
    `A model ${JSON.stringify(name)} was deleted, and its versions (${numbers.join(", ")}, …) are on record under the same numbers. Choose another name.`,
    { model: name, versions: numbers },
  );
}

export function versionInUse({ model, version }: ModelVersion, aliases: readonly Alias[]): SlipwayError {
  const names = aliases.map((each) => each.alias);
  return new SlipwayError(
    "in_use",
    `${model}@${version} cannot be deleted because ${listShort(names)} ${names.length === 1 ? "points" : "point"} at it. ` +
      "Move or delete the alias first.",
    { model, version, aliases: names },
  );
}

function findNearestNames(name: string, names: readonly string[]): string[] {
  const found: string[] = [];
  for (let left = names; found.length < 3;) {
    const nearest = findNearest(name, left);
    if (nearest === null) break;
    found.push(nearest);
    left = left.filter((each) => each !== nearest);
  }
  return found;
}

function listShort(names: readonly string[]): string {
  const shown = names.slice(0, maxShown).map((name) => JSON.stringify(name));
  return names.length > maxShown ? `${shown.join(", ")} and ${names.length - maxShown} more` : shown.join(", ");
}
