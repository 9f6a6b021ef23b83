import { aliasPattern, SlipwayError } from "@slipway/contract";
import { createId } from "../kernel/ids.ts";
import type { Page, PageQuery } from "../kernel/page.ts";
import { lockModel, requireLiving, requireModel, type Context } from "./context.ts";
import type { Alias, AliasEvent } from "./model.ts";
import { aliasNotFound } from "./registry-errors.ts";
import { removeAlias } from "./version-use-cases.ts";

export interface AliasUseCases {
  /** In the order of the names. @throws SlipwayError `model_not_found` */
  listAliases(model: string): Promise<readonly Alias[]>;
  /** Every move of the model's aliases, newest first; also after the model was deleted. */
  listAliasEvents(model: string, query: PageQuery): Promise<Page<AliasEvent>>;
  /** Makes or moves the alias. @throws SlipwayError `invalid_name`, `model_not_found`, `version_not_found` */
  setAlias(model: string, alias: string, version: number, author?: string | null): Promise<Alias>;
  /** @throws SlipwayError `alias_not_found`, `model_not_found` */
  deleteAlias(model: string, alias: string, author?: string | null): Promise<void>;
}

export function aliasUseCases({ store, now, change }: Context): AliasUseCases {
  return {
    async listAliases(model) {
      await requireModel(store, model);
      return store.listAliases(model);
    },

    listAliasEvents: (model, query) => store.listAliasEvents(model, query),

    async setAlias(model, alias, ...[version, author = null]) {
      checkAliasName(alias);
      return change(async (locked, tell) => {
        await lockModel(locked, model);
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
        await lockModel(locked, model);
        const found = await locked.findAlias(model, alias);
        if (!found) throw await aliasNotFound(locked, model, alias);
        await removeAlias(locked, { alias: found, author, at: now() }, tell);
      });
    },
  };
}

/** @throws SlipwayError `invalid_name` */
function checkAliasName(alias: string): void {
  if (aliasPattern.test(alias)) return;
  throw new SlipwayError(
    "invalid_name",
    `${JSON.stringify(alias)} is not a valid alias: use 1 to 255 letters, digits, "_", "-" and, not at the beginning, "."; digits alone are a version.`,
    { alias },
  );
}
