import type { Address } from "@slipway/contract";
import { SlipwayError } from "@slipway/contract";
import { createId } from "../kernel/ids.ts";
import type { Page, PageQuery } from "../kernel/page.ts";
import type { KeyValue, RequestMark } from "../tracking/index.ts";
import {
  isSameRequest,
  lockModel,
  requireLiving,
  requireModel,
  type Context,
  type Doing,
  type Tell,
} from "./context.ts";
import type { Alias } from "./model.ts";
import { checkNewVersion, toVersionLocation } from "./model-version.ts";
import type { ModelVersion, NewVersion, VersionOrigin } from "./model-version.ts";
import { aliasNotFound, versionInUse, versionNotFound } from "./registry-errors.ts";
import type { RegistryStore } from "./store.ts";
import { checkTag } from "./tags.ts";

/** The alias that an address without a suffix means, where it is set. */
export const championAlias = "champion";

export interface CreatedVersion {
  readonly version: ModelVersion;
  readonly created: boolean;
}

/** What is registered without being looked at. */
export interface Registration {
  readonly model: string;
  readonly origin: VersionOrigin;
  readonly description: string | null;
  readonly tags: readonly KeyValue[];
  readonly author: string | null;
}

/** What the first look at a registered version found. */
export type Verification = Pick<
  NewVersion,
  | "digest"
  | "files"
  | "entry"
  | "flavor"
  | "platform"
  | "signature"
  | "modelSection"
  | "placement"
  | "program"
  | "report"
  | "owner"
>;

export interface VersionUseCases {
  /**
   * Gives the model its next version; the model is made where there is none. With `reuse`, a living version of the same
   * digest is returned instead, of the same source where the new one has any, also where two callers come at once.
   * @throws SlipwayError `invalid_name`, `invalid_request`
   */
  createVersion(input: NewVersion, options: { readonly reuse: boolean }): Promise<CreatedVersion>;
  /**
   * Gives a model that is there its next version, whose files nobody has looked at; the same files may be registered again.
   * @throws SlipwayError `model_not_found`
   */
  registerVersion(
    registration: Registration,
  ): Promise<{ readonly version: ModelVersion; readonly created: boolean; readonly mark: RequestMark }>;
  /**
   * Makes a registered version one that can be served. One that is verified already stays as it is.
   * @throws SlipwayError `version_not_found`, `conflict` where it was verified with another digest
   */
  verifyVersion(at: VersionRef, found: Verification, author: string | null): Promise<ModelVersion>;
  /** Null where there is none or it was deleted. */
  findVersion(model: string, version: number): Promise<ModelVersion | null>;
  /** @throws SlipwayError `model_not_found`, `version_not_found` */
  requireVersion(model: string, version: number): Promise<ModelVersion>;
  /**
   * The version of an address; without a suffix the champion, or the latest where there is no champion.
   * @throws SlipwayError `model_not_found`, `version_not_found`, `alias_not_found`
   */
  resolve(address: Address): Promise<ModelVersion>;
  /** Newest first. @throws SlipwayError `model_not_found` */
  listVersions(model: string, query: PageQuery): Promise<Page<ModelVersion>>;
  /**
   * With `dropAliases`, aliases that point at it go with it.
   * @throws SlipwayError `in_use` where an alias points at it, `version_not_found`, `model_not_found`
   */
  deleteVersion(
    model: string,
    version: number,
    by?: string | null | { readonly author: string | null; readonly dropAliases: boolean },
  ): Promise<void>;
}

/** `NAME@VERSION` in its parts. */
export interface VersionRef {
  readonly model: string;
  readonly version: number;
}

export function versionUseCases({ store, requests, now, change }: Context): VersionUseCases {
  const requireVersion = (model: string, version: number) => requireLiving(store, model, version);
  return {
    async createVersion(input, { reuse }) {
      checkNewVersion(input);
      return change(async (locked, tell) => {
        const at = now();
        await locked.lockModel(input.model, at);
        const same = reuse && input.digest !== null ? await findSame(locked, input, input.digest) : null;
        return same
          ? { version: same, created: false }
          : { version: await insert(locked, { input, at }, tell), created: true };
      });
    },

    async registerVersion({ model, origin, ...rest }) {
      const { description, tags, author } = rest;
      for (const tag of tags) checkTag(tag);
      const mark = requests.mark(["version", model, origin, description, tags], now());
      const made = await change(async (locked, tell) => {
        await lockModel(locked, model);
        const before = await locked.findByRequest(model, mark);
        if (before && isSameRequest(mark, { ...before, request: mark.request, createdAt: before.version.createdAt }))
          return { version: before.version, created: false };
        const input = { ...unseen, model, origin, description, tags, author };
        const version = await insert(locked, { input, at: now() }, tell);
        await locked.markVersionRequest(version, mark);
        return { version, created: true };
      });
      return { ...made, mark };
    },

    async verifyVersion({ model, version: number }, found, author) {
      return change(async (locked, tell) => {
        await lockModel(locked, model);
        const before = await requireLiving(locked, model, number);
        if (before.state === "verified") return requireSame(before, found.digest);
        const version: ModelVersion = { ...before, ...found, state: "verified", updatedAt: now() };
        checkNewVersion(version);
        await locked.markVerified(version);
        const subject = `${model}@${number}`;
        const details = { digest: version.digest };
        await locked.audit({ at: version.updatedAt, actor: author, action: "version.verify", subject, details });
        tell({ type: "version.verified", version });
        return version;
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

    async deleteVersion(model, version, by = null) {
      const { author, dropAliases } = typeof by === "object" && by !== null ? by : { author: by, dropAliases: false };
      await change(async (locked, tell) => {
        await lockModel(locked, model);
        const found = await requireLiving(locked, model, version);
        const aliases = (await locked.listAliases(model)).filter((alias) => alias.version === version);
        if (aliases.length > 0 && !dropAliases) throw versionInUse(found, aliases);
        const at = now();
        for (const alias of aliases) await removeAlias(locked, { alias, author, at }, tell);
        await removeVersion(locked, { version: found, author, at }, tell);
        await locked.touchModel(model, at);
      });
    },
  };
}

/** What is known of a version whose files nobody has looked at. */
export const unseen = {
  state: "registered",
  digest: null,
  flavor: "",
  platform: "",
  signature: { inputs: [], outputs: [], packed: null, batched: false },
  files: [],
  entry: "",
  modelSection: null,
  placement: "process",
  program: { kind: "onnx" },
  report: null,
  owner: null,
  message: null,
} as const satisfies Partial<NewVersion>;

async function findSame(store: RegistryStore, input: NewVersion, digest: string): Promise<ModelVersion | null> {
  return store.findByDigest(input.model, { digest, source: input.origin?.source });
}

async function insert(
  store: RegistryStore,
  { input, at }: { readonly input: NewVersion; readonly at: number },
  tell: Tell,
): Promise<ModelVersion> {
  const { origin, description = input.message ?? "", tags = [], ...rest } = input;
  const number = await store.takeNumber(input.model);
  const own = toVersionLocation(input.model, number);
  const version: ModelVersion = {
    ...rest,
    id: createId(),
    version: number,
    origin: origin ?? { source: own, storageLocation: own, runId: "", runLink: "", loggedModelId: "" },
    description,
    stage: "None",
    createdAt: at,
    updatedAt: at,
    deletedAt: null,
  };
  await store.insertVersion(version);
  for (const tag of tags) await store.putVersionTag(version, tag);
  await store.touchModel(input.model, at);
  tell({ type: "version.created", version, tags });
  return version;
}

function requireSame(version: ModelVersion, digest: string | null): ModelVersion {
  if (version.digest === digest) return version;
  throw new SlipwayError(
    "conflict",
    `${version.model}@${version.version} was verified at the same time, and its files were others then. Deploy it again.`,
    { digest: version.digest },
  );
}

export async function removeVersion(
  store: RegistryStore,
  { version, author, at }: Doing & { readonly version: ModelVersion },
  tell: Tell,
): Promise<void> {
  await store.markVersionDeleted(version, { author, at });
  tell({ type: "version.deleted", version: { ...version, deletedAt: at, updatedAt: at } });
}

export async function removeAlias(
  store: RegistryStore,
  { alias, author, at }: Doing & { readonly alias: Alias },
  tell: Tell,
): Promise<void> {
  await store.deleteAlias(alias.model, alias.alias);
  const moved = { model: alias.model, alias: alias.alias, from: alias.version, to: null };
  await store.insertAliasEvent({ id: createId(), ...moved, author, at });
  tell({ type: "alias.deleted", alias });
}
