import { SlipwayError } from "@slipway/contract";
import type { Registry } from "../registry/index.ts";
import type { Authorship, ChangeResult, Changes } from "./changes.ts";
import type { Endpoint, Target } from "./endpoint.ts";
import type { EndpointUseCases } from "./endpoints.ts";
import { findLastTarget } from "./last-target.ts";
import type { Routing } from "./routing.ts";
import type { EndpointStore } from "./store.ts";

/** One endpoint as the repository extension of the Open Inference Protocol lists it. */
export interface RepositoryEntry {
  readonly name: string;
  /** What serves, or served last; null: nothing ever has. */
  readonly version: number | null;
  readonly state: "READY" | "UNAVAILABLE";
  /** Why it is unavailable; "" where it is ready. */
  readonly reason: string;
}

/** The endpoints as a repository of models that are loaded and unloaded by name. */
export interface Repository {
  /** By name. */
  index(): Promise<readonly RepositoryEntry[]>;
  /**
   * Sends the traffic of an endpoint to what served it last: the version that its alias means now where it follows one. What is
   * ready stays as it is; what did not load is tried again.
   * @throws SlipwayError `endpoint_not_found`, `precondition_failed`, and what gates and loading throw
   */
  load(name: string, by: Authorship): Promise<ChangeResult>;
  /** Takes the traffic away; what is unloaded already stays so. @throws SlipwayError `endpoint_not_found` */
  unload(name: string, by: Authorship): Promise<ChangeResult>;
}

export interface RepositoryDeps {
  readonly store: EndpointStore;
  readonly routing: Pick<Routing, "snapshot">;
  readonly registry: Registry;
  readonly changes: Changes;
  readonly endpoints: Pick<EndpointUseCases, "serve" | "undeploy">;
}

export function createRepository({ store, routing, registry, changes, endpoints }: RepositoryDeps): Repository {
  async function toEntry({ name, spec }: Endpoint): Promise<RepositoryEntry> {
    if (!spec.target) {
      const last = await findLastTarget(store, name);
      return { name, version: last?.version ?? null, state: "UNAVAILABLE", reason: "unloaded" };
    }
    const { version } = spec.target;
    const route = routing.snapshot().routes.get(name);
    if (route?.loaded) return { name, version, state: "READY", reason: "" };
    return { name, version, state: "UNAVAILABLE", reason: route?.failure ?? "not loaded yet" };
  }

  /** The version that the alias means now, where one is followed. */
  async function refreshed(target: Target): Promise<Target> {
    if (target.follows === null) return target;
    const aliases = await registry.listAliases(target.model);
    const meant = aliases.find(({ alias }) => alias === target.follows);
    return meant ? { ...target, version: meant.version } : target;
  }

  return {
    index: async () => Promise.all((await store.all()).map(toEntry)),
    async load(name, by) {
      const endpoint = await changes.require(name);
      if (endpoint.spec.target) {
        const plan = async (now: Endpoint | null) => ({ spec: (now ?? endpoint).spec });
        return changes.change({ name, action: "promote", plan, ...by });
      }
      const last = await findLastTarget(store, name);
      if (!last)
        throw new SlipwayError("precondition_failed", `${name} never served a version; deploy one to it first.`);
      const target = await refreshed(last);
      return endpoints.serve(name, { ...target, manifest: null, action: "promote", allowBreaking: false }, by);
    },
    unload: (name, by) => endpoints.undeploy(name, by),
  };
}
