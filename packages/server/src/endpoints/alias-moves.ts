import { SlipwayError } from "@slipway/contract";
import type { Operation, Operations } from "../platform/queue/index.ts";
import { championAlias, requireVerified, type ModelVersion, type Registry } from "../registry/index.ts";
import type { Authorship, Changes } from "./changes.ts";
import type { Endpoint, EndpointSpec } from "./endpoint.ts";
import { toGated, type Gatekeeper } from "./gatekeeper.ts";
import { toSettled } from "./settled-traffic.ts";
import type { SharedRouting } from "./shared-routing.ts";
import type { EndpointStore } from "./store.ts";

export interface AliasMove {
  readonly model: string;
  readonly alias: string;
  readonly version: number;
  /** Also where the signature breaks those who call an endpoint that follows it. Left out: no. */
  readonly allowBreaking?: boolean | undefined;
}

export interface AliasMoves {
  /**
   * Points an alias at a version; endpoints that follow it move, held against the same gates as by a deploy. Where nobody has
   * looked at the version yet, the alias is moved at once, and an operation looks at the version and then moves the traffic:
   * where that fails, endpoints stay with what they serve. @returns that operation; null where there is none
   * @throws SlipwayError `breaking_change`, `training_too_old`, `precondition_failed`, besides what the registry throws; nothing has moved then
   */
  moveAlias(move: AliasMove, by: Authorship): Promise<Operation | null>;
  /** An alias of a model points elsewhere now: endpoints that follow it move, fallbacks are looked up anew. */
  aliasMoved(move: AliasMove, by: Authorship): Promise<void>;
  /** What an endpoint serves is what its alias means: the one that it follows, else champion. */
  follow(spec: EndpointSpec, by: Authorship): Promise<void>;
  /** Why an endpoint does not serve what the alias that it follows means, a sentence; null where it does. */
  findBehind(endpoint: Endpoint): Promise<string | null>;
}

export interface AliasMoveDeps {
  readonly store: EndpointStore;
  readonly routing: SharedRouting;
  readonly registry: Registry;
  readonly changes: Changes;
  readonly gatekeeper: Gatekeeper;
  readonly operations: Operations;
  /** Starts the operation that looks at a registered version, and then does the rest. */
  readonly verify: VerifyRegistered;
}

export interface Verifying {
  /** Those whose answers will change. */
  readonly endpoints: readonly Endpoint[];
  /** Those of them whose traffic moves. */
  readonly followers: readonly Endpoint[];
  readonly allowBreaking: boolean;
  readonly by: Authorship;
  /** Moves the traffic. */
  readonly move: () => Promise<void>;
}

export type VerifyRegistered = (version: ModelVersion, how: Verifying) => Promise<Operation>;

export function createAliasMoves(deps: AliasMoveDeps): AliasMoves {
  const { store, routing, registry, changes, gatekeeper, operations } = deps;
  /** The operation that was started last for each alias. */
  const started = new Map<string, string>();

  /** By what is so at the moment of the change: others may have moved the alias or changed the endpoint meanwhile. */
  async function followAlias(spec: EndpointSpec, alias: string): Promise<EndpointSpec> {
    const { target } = spec;
    if (target?.follows !== alias) return spec;
    const meant = (await registry.listAliases(target.model)).find((each) => each.alias === alias);
    if (!meant) return spec;
    const { state } = await registry.requireVersion(target.model, meant.version);
    if (state !== "verified" || meant.version === target.version) return spec;
    return { ...spec, target: { ...target, version: meant.version }, traffic: toSettled(spec.traffic) };
  }

  /** A change that loads nothing may come between, with the fallback of before. */
  async function refresh(name: string): Promise<void> {
    for (;;) {
      const endpoint = await changes.require(name);
      await routing.refresh(endpoint, await store.epoch());
      if ((routing.snapshot().routes.get(name)?.revision ?? 0) <= endpoint.revision) return;
    }
  }

  const aliasMoved: AliasMoves["aliasMoved"] = async (move, by) => {
    const { model, alias, version } = move;
    for (const { name, spec } of await store.all()) {
      const { target } = spec;
      if (target?.model !== model) continue;
      if (target.follows === alias && target.version !== version) {
        const plan = async (now: Endpoint | null) => ({ spec: await followAlias(now?.spec ?? spec, alias) });
        await changes.change({ name, plan, action: "alias", ...by });
      } else if (fallbackOf(spec) === alias) {
        await changes.inTurn(name, () => refresh(name));
      }
    }
  };

  /** Endpoints whose answers change with the alias. */
  async function listConcerned({ model, alias, version }: AliasMove): Promise<readonly Endpoint[]> {
    return (await store.all()).filter(({ spec }) => {
      if (spec.target?.model !== model) return false;
      return (spec.target.follows === alias && spec.target.version !== version) || fallbackOf(spec) === alias;
    });
  }

  async function moveAlias(move: AliasMove, by: Authorship): Promise<Operation | null> {
    const { model, alias, allowBreaking = false } = move;
    const version = await registry.requireVersion(model, move.version);
    const endpoints = await listConcerned(move);
    const followers = endpoints.filter(({ spec }) => spec.target?.follows === alias);
    if (version.state === "registered" && endpoints.length > 0) {
      await registry.setAlias(model, alias, move.version, by.author);
      const how = { endpoints, followers, allowBreaking, by, move: () => aliasMoved(move, by) };
      const operation = await deps.verify(version, how);
      started.set(`${model}@${alias}`, operation.id);
      return operation;
    }
    for (const before of followers) {
      const gated = toGated(requireVerified(version));
      await gatekeeper.check({ before, spec: before.spec, version: gated, allowBreaking });
    }
    await registry.setAlias(model, alias, move.version, by.author);
    await aliasMoved(move, by);
    return null;
  }

  async function findBehind({ spec: { target } }: Endpoint): Promise<string | null> {
    if (!target || target.follows === null) return null;
    const { model, follows, version } = target;
    const meant = (await orEmpty(registry.listAliases(model))).find(({ alias }) => alias === follows);
    if (!meant || meant.version === version) return null;
    const id = started.get(`${model}@${follows}`);
    const why = explain(id === undefined ? null : await operations.get(id).catch(() => null));
    return `${model}@${follows} means version ${meant.version} now, and this endpoint goes on with version ${version}: ${why}`;
  }

  return {
    moveAlias,
    aliasMoved,
    findBehind,
    async follow({ target }, by) {
      if (!target) return;
      const { model, version } = target;
      const alias = target.follows ?? championAlias;
      await registry.setAlias(model, alias, version, by.author);
      await aliasMoved({ model, alias, version }, by);
    },
  };
}

function explain(operation: Operation | null): string {
  if (operation?.error) return `${operation.error.message} (slipway operations ${operation.id})`;
  if (operation && operation.finishedAt === null) return `it is being looked at (slipway operations ${operation.id}).`;
  return "it was not taken over. Move the alias again, or deploy the version.";
}

function fallbackOf({ serve: { fallback } }: EndpointSpec): string | null {
  return fallback && "alias" in fallback ? fallback.alias : null;
}

async function orEmpty<T>(work: Promise<readonly T[]>): Promise<readonly T[]> {
  try {
    return await work;
  } catch (error) {
    if (SlipwayError.is(error) && error.kind === "not_found") return [];
    throw error;
  }
}
