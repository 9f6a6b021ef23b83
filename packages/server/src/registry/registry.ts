import { aliasPattern, SlipwayError } from "@slipway/contract";
import type { Address } from "@slipway/contract";
import type { Clock } from "../kernel/clock.ts";
import { createEvents } from "../kernel/events.ts";
import type { Events } from "../kernel/events.ts";
import { createId } from "../kernel/ids.ts";
import type { Page, PageQuery } from "../kernel/page.ts";
import type { Sql } from "../platform/sql/index.ts";
import type { Alias, AliasEvent, RegisteredModel } from "./model.ts";
import { checkNewVersion } from "./model-version.ts";
import type { ModelVersion, NewVersion } from "./model-version.ts";
import { aliasNotFound, modelNotFound, versionInUse, versionNotFound } from "./registry-errors.ts";
import type { RegistryNews } from "./news.ts";
import type { RegistryTables } from "./rows.ts";
import { createRegistryStore } from "./store.ts";
import type { RegistryStore } from "./store.ts";
import { toMessages } from "./webhooks/to-messages.ts";
import type { Webhooks } from "./webhooks/index.ts";

/** The alias that an address without a suffix means, where it is set. */
export const championAlias = "champion";

export interface Registry {
  readonly events: Events<RegistryNews>;
  /**
   * Gives the model its next version; the model is made where there is none. With `reuse`, a living version of the same
   * digest is returned instead, also where two callers come at once.
   * @throws SlipwayError `invalid_name`, `invalid_request`
   */
  createVersion(input: NewVersion, options: { readonly reuse: boolean }): Promise<CreatedVersion>;
  /** Null where there is none or it was deleted. */
  findVersion(model: string, version: number): Promise<ModelVersion | null>;
  /** @throws SlipwayError `model_not_found`, `version_not_found` */
  requireVersion(model: string, version: number): Promise<ModelVersion>;
  /**
   * The version of an address; without a suffix the champion, or the latest where there is no champion.
   * @throws SlipwayError `model_not_found`, `version_not_found`, `alias_not_found`
   */
  resolve(address: Address): Promise<ModelVersion>;
  /** @throws SlipwayError `model_not_found` */
  getModel(name: string): Promise<RegisteredModel>;
  /** @throws SlipwayError `model_not_found` */
  describeModel(name: string, description: string | null): Promise<RegisteredModel>;
  /** In the order of the names. */
  listModels(query: PageQuery): Promise<Page<RegisteredModel>>;
  /** Newest first. @throws SlipwayError `model_not_found` */
  listVersions(model: string, query: PageQuery): Promise<Page<ModelVersion>>;
  /** In the order of the names. @throws SlipwayError `model_not_found` */
  listAliases(model: string): Promise<readonly Alias[]>;
  /** Every move of the model's aliases, newest first; also after the model was deleted. */
  listAliasEvents(model: string, query: PageQuery): Promise<Page<AliasEvent>>;
  /** Makes or moves the alias. @throws SlipwayError `invalid_name`, `model_not_found`, `version_not_found` */
  setAlias(model: string, alias: string, version: number, author?: string | null): Promise<Alias>;
  /** @throws SlipwayError `alias_not_found`, `model_not_found` */
  deleteAlias(model: string, alias: string, author?: string | null): Promise<void>;
  /** @throws SlipwayError `in_use` where an alias points at it, `version_not_found`, `model_not_found` */
  deleteVersion(model: string, version: number, author?: string | null): Promise<void>;
  /** With its aliases and versions. The name may be used again; the numbers go on. @throws SlipwayError `model_not_found` */
  deleteModel(name: string, author?: string | null): Promise<void>;
  /** Deleted ones too, and whether their files were taken away. Null where there never was one of that number. */
  findRecorded(model: string, version: number): Promise<RecordedVersion | null>;
  /** True where a living version needs this blob. */
  isReferenced(sha256: string): Promise<boolean>;
  /** All blobs that living versions need. */
  listReferenced(): Promise<ReadonlySet<string>>;
  /** Locks of the Python environments that living versions use: each by its hash, with the versions as NAME@VERSION. */
  listLocks(): Promise<ReadonlyMap<string, readonly string[]>>;
  /** Deleted versions whose files have not been taken away. */
  listDeleted(): Promise<readonly ModelVersion[]>;
  /** Remembers of deleted versions that their files are being taken away: before the first of them goes. */
  markCollected(versionIds: readonly string[]): Promise<void>;
}

export interface RecordedVersion {
  readonly version: ModelVersion;
  /** When its files were taken away, milliseconds since 1970. */
  readonly collectedAt: number | null;
}

export interface CreatedVersion {
  readonly version: ModelVersion;
  readonly created: boolean;
}

export interface RegistryDeps {
  readonly sql: Sql;
  readonly clock: Clock;
  /** Where news go; an own one unless given. */
  readonly events?: Events<RegistryNews>;
  /** Who is told in the transaction of the change; nobody unless given. */
  readonly webhooks?: Pick<Webhooks, "announce" | "wake">;
}

export function createRegistry({ sql, clock, events = createEvents(), webhooks }: RegistryDeps): Registry {
  const { db, tx } = sql.as<RegistryTables>();
  const context: Context = {
    store: createRegistryStore(db),
    now: () => clock.now(),
    /** Emits what the transaction has told once it is committed. */
    async change(fn) {
      const { result, news } = await tx(async (trx) => {
        const told: RegistryNews[] = [];
        const done = await fn(createRegistryStore(trx), (each) => void told.push(each));
        await webhooks?.announce(trx, told.flatMap(toMessages));
        return { result: done, news: told };
      });
      if (news.length > 0) webhooks?.wake();
      for (const each of news) events.emit(each);
      return result;
    },
  };
  return {
    events,
    ...versionUseCases(context),
    ...fileUseCases(context),
    ...modelUseCases(context),
    ...aliasUseCases(context),
  };
}

interface Context {
  readonly store: RegistryStore;
  now(): number;
  change<T>(fn: (store: RegistryStore, tell: (news: RegistryNews) => void) => Promise<T>): Promise<T>;
}

function versionUseCases({ store, now, change }: Context) {
  const requireVersion = (model: string, version: number) => requireLiving(store, model, version);
  return {
    async createVersion(input, { reuse }) {
      checkNewVersion(input);
      return change(async (locked, tell) => {
        const createdAt = now();
        await locked.lockModel(input.model, createdAt);
        const same = reuse && input.digest !== null ? await locked.findByDigest(input.model, input.digest) : null;
        if (same) return { version: same, created: false };
        const number = await locked.takeNumber(input.model);
        const version = { ...input, id: createId(), version: number, createdAt, deletedAt: null };
        await locked.insertVersion(version);
        tell({ type: "version.created", version });
        return { version, created: true };
      });
    },

    async findVersion(model, version) {
      const found = await store.findVersion(model, version);
      return found?.deletedAt === null ? found : null;
    },

    requireVersion,

    async resolve({ name, version, alias }) {
      if (version !== undefined) return requireVersion(name, version);
      const found = await store.findAlias(name, alias ?? championAlias);
      if (found) return requireVersion(name, found.version);
      if (alias !== undefined) throw await aliasNotFound(store, name, alias);
      const latest = await store.findLatest(name);
      if (latest) return latest;
      throw await versionNotFound(store, { model: name }, null);
    },

    async listVersions(model, query) {
      await requireModel(store, model);
      return store.listVersions(model, query);
    },

    async deleteVersion(model, version, author = null) {
      await change(async (locked, tell) => {
        if (!(await locked.lockLivingModel(model))) throw await modelNotFound(locked, model);
        const found = await requireLiving(locked, model, version);
        const aliases = (await locked.listAliases(model)).filter((alias) => alias.version === version);
        if (aliases.length > 0) throw versionInUse(found, aliases);
        await removeVersion(locked, { version: found, author, at: now() }, tell);
      });
    },
  } satisfies Partial<Registry>;
}

function fileUseCases({ store, now, change }: Context) {
  return {
    async findRecorded(model, version) {
      const found = await store.findVersion(model, version);
      return found && { version: found, collectedAt: await store.findCollectedAt(found.id) };
    },
    isReferenced: (sha256) => store.isReferenced(sha256),
    listReferenced: async () => new Set(await store.listReferenced()),
    async listLocks() {
      const locks = new Map<string, string[]>();
      for (const { model, version, program } of await store.listPrograms()) {
        const python = program.kind === "onnx" ? program.original : program.kind === "python" ? program : undefined;
        if (python) locks.set(python.lock, [...(locks.get(python.lock) ?? []), `${model}@${version}`]);
      }
      return locks;
    },
    listDeleted: () => store.listDeleted(),
    async markCollected(versionIds) {
      if (versionIds.length > 0) await change((locked) => locked.markCollected(versionIds, now()));
    },
  } satisfies Partial<Registry>;
}

function modelUseCases({ store, now, change }: Context) {
  return {
    getModel: (name) => requireModel(store, name),
    listModels: (query) => store.listModels(query),

    async describeModel(name, description) {
      await change(async (locked) => {
        if (!(await locked.lockLivingModel(name))) throw await modelNotFound(locked, name);
        await locked.describeModel(name, description);
      });
      return requireModel(store, name);
    },

    async deleteModel(name, author = null) {
      await change(async (locked, tell) => {
        if (!(await locked.lockLivingModel(name))) throw await modelNotFound(locked, name);
        const at = now();
        for (const alias of await locked.listAliases(name)) await removeAlias(locked, { alias, author, at }, tell);
        for (const number of await locked.listNumbers(name, Number.MAX_SAFE_INTEGER))
          await removeVersion(locked, { version: await requireLiving(locked, name, number), author, at }, tell);
        await locked.markModelDeleted(name, at);
      });
    },
  } satisfies Partial<Registry>;
}

function aliasUseCases({ store, now, change }: Context) {
  return {
    async listAliases(model) {
      await requireModel(store, model);
      return store.listAliases(model);
    },

    listAliasEvents: (model, query) => store.listAliasEvents(model, query),

    async setAlias(model, alias, ...[version, author = null]) {
      checkAliasName(alias);
      return change(async (locked, tell) => {
        if (!(await locked.lockLivingModel(model))) throw await modelNotFound(locked, model);
        await requireLiving(locked, model, version);
        const before = await locked.findAlias(model, alias);
        if (before?.version === version) return before;
        const after: Alias = { model, alias, version, updatedAt: now(), author };
        const from = before?.version ?? null;
        await locked.putAlias(after);
        await locked.insertAliasEvent({ id: createId(), model, alias, from, to: version, author, at: after.updatedAt });
        tell({ type: "alias.set", alias: after, from });
        return after;
      });
    },

    async deleteAlias(model, alias, author = null) {
      await change(async (locked, tell) => {
        if (!(await locked.lockLivingModel(model))) throw await modelNotFound(locked, model);
        const found = await locked.findAlias(model, alias);
        if (!found) throw await aliasNotFound(locked, model, alias);
        await removeAlias(locked, { alias: found, author, at: now() }, tell);
      });
    },
  } satisfies Partial<Registry>;
}

type Tell = (news: RegistryNews) => void;

async function removeVersion(
  store: RegistryStore,
  { version, author, at }: { readonly version: ModelVersion; readonly author: string | null; readonly at: number },
  tell: Tell,
): Promise<void> {
  await store.markVersionDeleted(version, { author, at });
  tell({ type: "version.deleted", version: { ...version, deletedAt: at } });
}

async function removeAlias(
  store: RegistryStore,
  { alias, author, at }: { readonly alias: Alias; readonly author: string | null; readonly at: number },
  tell: Tell,
): Promise<void> {
  await store.deleteAlias(alias.model, alias.alias);
  const moved = { model: alias.model, alias: alias.alias, from: alias.version, to: null };
  await store.insertAliasEvent({ id: createId(), ...moved, author, at });
  tell({ type: "alias.deleted", alias });
}

async function requireModel(store: RegistryStore, name: string): Promise<RegisteredModel> {
  const model = await store.findModel(name);
  if (model) return model;
  throw await modelNotFound(store, name);
}

async function requireLiving(store: RegistryStore, model: string, version: number): Promise<ModelVersion> {
  const found = await store.findVersion(model, version);
  if (found?.deletedAt === null) return found;
  throw await versionNotFound(store, { model, version }, found);
}

/** @throws SlipwayError `invalid_name` */
function checkAliasName(alias: string): void {
  if (aliasPattern.test(alias)) return;
  throw new SlipwayError(
    "invalid_name",
    `${JSON.stringify(alias)} is not a valid alias: use 1 to 255 of a-z, A-Z, 0-9, ".", "_" and "-", beginning with a letter.`,
    { alias },
  );
}
