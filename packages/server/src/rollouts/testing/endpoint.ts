import { SlipwayError } from "@slipway/contract";
import type { Endpoint, EndpointRevision } from "../../endpoints/index.ts";
import type { RolloutEndpoints } from "../ports.ts";
import { toTraffic } from "../traffic.ts";
import { makeRollout } from "./given.ts";

/** One endpoint in memory that survives the process: its state and its revisions. */
export interface KeptEndpoint {
  endpoint: Endpoint;
  readonly revisions: EndpointRevision[];
  /** Loading the candidate lasts until this resolves. */
  loading: Promise<void>;
}

export function keepEndpoint(): KeptEndpoint {
  const rollout = makeRollout();
  const { traffic } = toTraffic(rollout, rollout.status);
  const target = { model: "flights", version: 1, follows: null };
  const spec = { target, traffic, rollout: null, stop: null, serve: { fallback: null } } as unknown as Endpoint["spec"];
  const endpoint = { name: "flights", revision: 1, spec, createdAt: 0, updatedAt: 0 };
  return { endpoint, revisions: [], loading: Promise.resolve() };
}

/** Changes it as somebody would. */
export function change(
  kept: KeptEndpoint,
  to: Partial<Endpoint["spec"]>,
  by: { action: EndpointRevision["action"]; message: string | null },
): void {
  const { endpoint, revisions } = kept;
  const revision = endpoint.revision + 1;
  const spec = { ...endpoint.spec, ...to };
  const changes = Object.keys(to).map((path) => ({ path: path === "target" ? "target.version" : path }));
  kept.endpoint = { ...endpoint, revision, spec };
  const rest = { author: "eve", createdAt: 0, restores: revision, ...by };
  revisions.unshift({ endpoint: endpoint.name, revision, spec, changes, ...rest });
}

export function openEndpoints(kept: KeptEndpoint): RolloutEndpoints {
  return {
    require: async () => kept.endpoint,
    listRevisions: async () => ({ items: kept.revisions, next: null }),
    checkServe: async () => {},
    apply: async () => ({ endpoint: kept.endpoint, changes: [] }),
    async setTraffic(_, { traffic, target, base, signal }, { message }) {
      const seen = kept.endpoint;
      if (base !== seen.revision) throw new SlipwayError("conflict", "moved");
      const version = target?.version ?? seen.spec.target?.version ?? 1;
      const isLoading = traffic.arms.length > 0 || version !== seen.spec.target?.version;
      // As the real one: what is wanted stays so until somebody says otherwise, and is put in force when the load ends.
      if (isLoading) await kept.loading;
      if (signal?.aborted) throw new SlipwayError("conflict", "not wanted any more");
      const { endpoint } = kept;
      if (served(endpoint) !== served(seen)) throw new SlipwayError("conflict", "moved");
      const wanted = { traffic, target: { model: "flights", version, follows: null } };
      if (JSON.stringify([wanted.target, traffic]) === served(endpoint)) return { endpoint, changes: [] };
      change(kept, wanted, { action: "rollout", message });
      return { endpoint: kept.endpoint, changes: [] };
    },
  };
}

const served = ({ spec }: Endpoint): string => JSON.stringify([spec.target, spec.traffic]);
