import { parseModelName } from "@slipway/contract";
import type { Page, PageQuery } from "../kernel/page.ts";
import type { KeyValue, RequestMark } from "../tracking/index.ts";
import { isSameRequest, lockModel, requireLiving, requireModel, type Context } from "./context.ts";
import type { RegisteredModel } from "./model.ts";
import { modelExists, nameInUse } from "./registry-errors.ts";
import { checkTag, checkTagKey } from "./tags.ts";
import { removeAlias, removeVersion } from "./version-use-cases.ts";

export interface ModelOrder {
  readonly name: string;
  readonly description: string | null;
  readonly tags: readonly KeyValue[];
}

export interface ModelUseCases {
  /** Makes a model that has no version yet. @throws SlipwayError `already_exists`, `invalid_name` */
  createModel(order: ModelOrder): Promise<{ readonly mark: RequestMark }>;
  /** @throws SlipwayError `model_not_found` */
  getModel(name: string): Promise<RegisteredModel>;
  /** @throws SlipwayError `model_not_found` */
  describeModel(name: string, description: string | null): Promise<RegisteredModel>;
  /**
   * Versions, aliases, tags and history go to the new name.
   * @throws SlipwayError `model_not_found`, `already_exists`, `invalid_name`
   */
  renameModel(name: string, to: string, author?: string | null): Promise<RegisteredModel>;
  /** In the order of the names. */
  listModels(query: PageQuery): Promise<Page<RegisteredModel>>;
  listModelTags(name: string): Promise<readonly KeyValue[]>;
  /** @throws SlipwayError `model_not_found`, `invalid_request` */
  setModelTag(name: string, tag: KeyValue): Promise<void>;
  /** Nothing happens where there is none. @throws SlipwayError `model_not_found` */
  deleteModelTag(name: string, key: string): Promise<void>;
  /** With its aliases and versions. The name may be used again; the numbers go on. @throws SlipwayError `model_not_found` */
  deleteModel(name: string, author?: string | null): Promise<void>;
}

export function modelUseCases({ store, requests, now, change }: Context): ModelUseCases {
  return {
    async createModel({ name, description, tags }) {
      parseModelName(name);
      for (const tag of tags) checkTag(tag);
      const mark = requests.mark(["model", name, description, tags], now());
      await change(async (locked, tell) => {
        const made = await locked.findModelRequest(name);
        if (made && isSameRequest(mark, made)) return;
        if (made) throw modelExists(name, { was: await locked.listModelTags(name), is: tags });
        const at = now();
        await locked.lockModel(name, at);
        await locked.describeModel(name, { description, now: at });
        await locked.markModelRequest(name, mark);
        for (const tag of tags) await locked.putModelTag(name, tag);
        tell({ type: "model.created", model: name, description, tags });
      });
      return { mark };
    },

    getModel: (name) => requireModel(store, name),
    listModels: (query) => store.listModels(query),
    async listModelTags(name) {
      await requireModel(store, name);
      return store.listModelTags(name);
    },

    async describeModel(name, description) {
      await change(async (locked) => {
        await lockModel(locked, name);
        await locked.describeModel(name, { description, now: now() });
      });
      return requireModel(store, name);
    },

    async renameModel(name, to, author = null) {
      parseModelName(to);
      await change(async (locked, tell) => {
        await lockModel(locked, name);
        if (name === to) return locked.touchModel(name, now());
        if ((await locked.findModel(to)) !== null)
          throw modelExists(to, { was: await locked.listModelTags(to), is: await locked.listModelTags(name) });
        const numbers = await locked.listCommonNumbers(name, to);
        if (numbers.length > 0) throw nameInUse(to, numbers);
        const at = now();
        await locked.renameModel(name, { to, now: at });
        await locked.audit({ at, actor: author, action: "model.rename", subject: name, details: { to } });
        tell({ type: "model.renamed", model: name, to });
      });
      return requireModel(store, to);
    },

    async setModelTag(name, tag) {
      checkTag(tag);
      await change(async (locked, tell) => {
        await lockModel(locked, name);
        await locked.putModelTag(name, tag);
        tell({ type: "model.tag.set", model: name, tag });
      });
    },

    async deleteModelTag(name, key) {
      checkTagKey(key);
      await change(async (locked, tell) => {
        await lockModel(locked, name);
        await locked.deleteModelTag(name, key);
        tell({ type: "model.tag.deleted", model: name, key });
      });
    },

    async deleteModel(name, author = null) {
      await change(async (locked, tell) => {
        await lockModel(locked, name);
        const at = now();
        for (const alias of await locked.listAliases(name)) await removeAlias(locked, { alias, author, at }, tell);
        for (const number of await locked.listNumbers(name, Number.MAX_SAFE_INTEGER))
          await removeVersion(locked, { version: await requireLiving(locked, name, number), author, at }, tell);
        await locked.markModelDeleted(name, at);
      });
    },
  };
}
