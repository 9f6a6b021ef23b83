import { SlipwayError, type Address } from "@slipway/contract";
import type { Registry, VersionRef } from "../registry/index.ts";
import type { Changes } from "./changes.ts";
import type { Endpoint } from "./endpoint.ts";
import type { EndpointStore } from "./store.ts";

/**
 * Deletes what no endpoint needs: question and deletion are one step between the changes of endpoints.
 * @throws SlipwayError `in_use` where an endpoint serves, follows or falls back to it, besides what the registry throws
 */
export interface Removals {
  deleteModel(name: string, author: string | null): Promise<void>;
  deleteVersion(model: string, version: number, author: string | null): Promise<void>;
  deleteAlias(model: string, alias: string, author: string | null): Promise<void>;
  /** With the aliases that point at it, where no endpoint follows one of them. */
  dropVersion(version: VersionRef, author: string | null): Promise<void>;
  /** Endpoints and what they have predicted name their model. */
  renameModel(name: string, to: string, author: string | null): Promise<void>;
}

export function createRemovals({
  store,
  registry,
  changes,
}: {
  readonly store: EndpointStore;
  readonly registry: Registry;
  readonly changes: Changes;
}): Removals {
  const removeUnused = (address: Address, remove: () => Promise<unknown>) =>
    changes.exclusively(async () => {
      const all = [...(await store.all()), ...changes.pending()];
      await checkUnused({ all, registry }, address);
      await remove();
    });
  return {
    deleteModel: (name, author) => removeUnused({ name }, () => registry.deleteModel(name, author)),
    deleteVersion: (model, version, author) =>
      removeUnused({ name: model, version }, () => registry.deleteVersion(model, version, author)),
    deleteAlias: (model, alias, author) =>
      removeUnused({ name: model, alias }, () => registry.deleteAlias(model, alias, author)),
    dropVersion: ({ model, version }, author) =>
      removeUnused({ name: model, version }, () =>
        registry.deleteVersion(model, version, { author, dropAliases: true }),
      ),
    renameModel: (name, to, author) => removeUnused({ name }, () => registry.renameModel(name, to, author)),
  };
}

interface InUse {
  /** Also what they are about to have. */
  readonly all: readonly Pick<Endpoint, "name" | "spec">[];
  readonly registry: Registry;
}

async function checkUnused({ all, registry }: InUse, { name, version, alias }: Address): Promise<void> {
  for (const { name: endpoint, spec } of all) {
    const { target, traffic } = spec;
    if (target?.model !== name) continue;
    const serves = alias === undefined ? version === undefined || target.version === version : target.follows === alias;
    if (serves) throw inUse(endpoint, `uses ${name}@${alias ?? target.version}; undeploy it first`);
    if (version !== undefined && [...traffic.arms, ...traffic.shadows].some((each) => each.version === version))
      throw inUse(
        endpoint,
        `sends traffic to ${name}@${version}; take that away first (slipway traffic set ${endpoint} --clear)`,
      );
    const fallback = spec.serve.fallback && "alias" in spec.serve.fallback ? spec.serve.fallback.alias : null;
    if (fallback === null) continue;
    if (alias === fallback || (version !== undefined && (await meaningOf(registry, name, fallback)) === version))
      throw inUse(endpoint, `falls back to ${name}@${fallback}; give it another fallback first`);
  }
}

async function meaningOf(registry: Registry, model: string, alias: string): Promise<number | null> {
  return (await registry.listAliases(model)).find((each) => each.alias === alias)?.version ?? null;
}

function inUse(endpoint: string, why: string): SlipwayError {
  return new SlipwayError("in_use", `The endpoint ${endpoint} ${why}.`, { endpoint });
}
