import {
  aliasPattern,
  parseModelName,
  type ImportedVersion,
  type ImportModel,
  type ImportModelAnswer,
  type ImportResult,
} from "@slipway/contract";
import { createId } from "../kernel/ids.ts";
import type { KeyValue } from "../tracking/index.ts";
import type { Context, Doing, Tell } from "./context.ts";
import type { RegisteredModel } from "./model.ts";
import type { ModelVersion } from "./model-version.ts";
import type { RegistryStore } from "./store.ts";
import { checkTag } from "./tags.ts";
import { unseen } from "./version-use-cases.ts";

export interface ImportUseCases {
  /**
   * A model of an MLflow with its versions by their numbers and times. Given again it changes nothing; what is here otherwise
   * by another's doing stays, and is told. Nobody's webhook hears of old versions, everybody hears of a moved alias.
   * @throws SlipwayError `invalid_name`, `invalid_request`
   */
  importModel(given: ImportModel, author: string | null): Promise<ImportModelAnswer>;
}

export function importUseCases({ now, change }: Context): ImportUseCases {
  return {
    async importModel(given, author) {
      parseModelName(given.name);
      for (const [key, value] of [given, ...given.versions].flatMap(({ tags }) => tags)) checkTag({ key, value });
      return change(async (store, tell) => {
        const doing = { author, at: now() };
        const before = await store.findModel(given.name);
        await store.lockModel(given.name, doing.at);
        const model = await putModel(store, given, before);
        const versions: ImportResult[] = [];
        for (const version of given.versions) versions.push(await putVersion(store, given.name, version));
        await store.raiseLastVersion(given.name, given.last_version);
        const aliases = await putAliases({ store, tell, doing }, given);
        const changed =
          model.outcome !== "same" || aliases.changed || versions.some(({ outcome }) => outcome !== "same");
        if (changed) await audit(store, doing, { name: given.name, versions });
        const outcome = model.outcome === "same" && aliases.changed ? "changed" : model.outcome;
        return { model: { ...model, outcome, differences: [...model.differences, ...aliases.differences] }, versions };
      });
    },
  };
}

async function putModel(
  store: RegistryStore,
  given: ImportModel,
  before: RegisteredModel | null,
): Promise<ImportResult> {
  const { name, description, creation_time: createdAt, last_updated_time: updatedAt } = given;
  if (before !== null && given.unchanged) return { id: name, outcome: "same", differences: [] };
  const isImported = before?.createdAt === createdAt;
  const tags = await store.listModelTags(name);
  const news = findNews(tags, given.tags);
  if (before !== null && !isImported) {
    // One that was made here keeps what is said about it.
    const added = news.filter(({ key }) => !tags.some((tag) => tag.key === key));
    for (const tag of added) await store.putModelTag(name, tag);
    const kept = news.filter((tag) => !added.includes(tag)).map(({ key }) => `the tag ${key} is another one here`);
    const other =
      description !== null && before.description !== description ? ["the description is another one here"] : [];
    return { id: name, outcome: added.length > 0 ? "changed" : "same", differences: [...kept, ...other] };
  }
  const isSame = before?.description === description && before.updatedAt === updatedAt && news.length === 0;
  if (isSame) return { id: name, outcome: "same", differences: [] };
  await store.putImportedModel(name, { description, createdAt, updatedAt });
  for (const tag of news) await store.putModelTag(name, tag);
  return { id: name, outcome: before === null ? "created" : "changed", differences: [] };
}

function findNews(here: readonly KeyValue[], there: ImportModel["tags"]): readonly KeyValue[] {
  const values = new Map(here.map(({ key, value }) => [key, value]));
  return there.filter(([key, value]) => values.get(key) !== value).map(([key, value]) => ({ key, value }));
}

async function putVersion(store: RegistryStore, model: string, given: ImportedVersion): Promise<ImportResult> {
  const id = `${model}@${given.version}`;
  const before = await store.findVersion(model, given.version);
  if (before !== null && before.createdAt !== given.creation_time)
    return { id, outcome: "same", differences: ["the version of this number is another one here"] };
  if (before !== null && before.deletedAt !== null)
    return { id, outcome: "same", differences: ["the version was deleted here"] };
  const version = before ?? toVersion(model, given);
  if (before === null) await store.insertImportedVersion(version);
  const news = findNews(before === null ? [] : await store.listVersionTags(version), given.tags);
  for (const tag of news) await store.putVersionTag(version, tag);
  const said = { description: given.description, stage: given.stage, updatedAt: given.last_updated_time };
  const isOther = Object.entries(said).some(([key, value]) => version[key as keyof typeof said] !== value);
  if (isOther) await store.putImportedVersion({ ...version, ...said });
  const outcome = before === null ? "created" : isOther || news.length > 0 ? "changed" : "same";
  return { id, outcome, differences: [] };
}

function toVersion(model: string, given: ImportedVersion): ModelVersion {
  return {
    ...unseen,
    id: createId(),
    model,
    version: given.version,
    author: given.user_id,
    origin: {
      source: given.source,
      storageLocation: given.storage_location ?? given.source,
      runId: given.run_id ?? "",
      runLink: given.run_link ?? "",
      loggedModelId: given.logged_model_id ?? "",
    },
    description: given.description,
    stage: given.stage,
    createdAt: given.creation_time,
    updatedAt: given.last_updated_time,
    deletedAt: null,
  };
}

interface Changing {
  readonly store: RegistryStore;
  readonly tell: Tell;
  readonly doing: Doing;
}

/** An alias moves only where nobody moved it here: traffic may follow it. */
async function putAliases(
  { store, tell, doing: { author, at } }: Changing,
  { name: model, aliases }: ImportModel,
): Promise<{ readonly changed: boolean; readonly differences: readonly string[] }> {
  const differences: string[] = [];
  let changed = false;
  for (const { alias, version, version_created, was } of aliases) {
    const before = await store.findAlias(model, alias);
    if (before?.version === version) continue;
    const living = await store.findVersion(model, version);
    if (!aliasPattern.test(alias)) differences.push(`the alias ${alias} has a name that none has here`);
    else if (living === null || living.deletedAt !== null || living.createdAt !== version_created)
      differences.push(`the alias ${alias} points at version ${version} there, which is not here`);
    else if (before !== null && before.version !== was)
      differences.push(`the alias ${alias} points at version ${before.version} here, at ${version} there`);
    else {
      const after = { model, alias, version, updatedAt: at, author };
      const from = before?.version ?? null;
      await store.putAlias(after);
      await store.insertAliasEvent({ id: createId(), model, alias, from, to: version, author, at });
      tell({ type: "alias.set", alias: after, from });
      changed = true;
    }
  }
  return { changed, differences };
}

interface Imported {
  readonly name: string;
  readonly versions: readonly ImportResult[];
}

async function audit(store: RegistryStore, { author, at }: Doing, { name, versions }: Imported): Promise<void> {
  const count = (outcome: string) => versions.filter((version) => version.outcome === outcome).length;
  const details = { versions_created: count("created"), versions_changed: count("changed") };
  await store.audit({ at, actor: author, action: "model.import", subject: name, details });
}
