import type { Clock } from "../kernel/clock.ts";
import type { Logger } from "../kernel/logger.ts";
import type { Registry } from "../registry/index.ts";
import type { Serving } from "../serving/index.ts";
import type { Endpoint, EndpointSpec } from "./endpoint.ts";
import { createLoad } from "./load-route.ts";
import { adapt, createPreparing } from "./prepare.ts";
import { prepareHeld } from "./prepare-held.ts";
import type { Prepared } from "./prepared.ts";
import { createEndpointMetrics, type EndpointMetrics } from "./metrics.ts";
import { createPinnedVersions, type PinnedVersions } from "./pinned-versions.ts";
import { emptySnapshot, type RoutingSnapshot } from "./snapshot.ts";
import { toRoute } from "./to-route.ts";

export interface Routing {
  snapshot(): RoutingSnapshot;
  readonly pinned: PinnedVersions;
  /** Loads the versions of a spec. @throws whatever loading throws; nothing has changed then */
  prepare(spec: EndpointSpec): Promise<Prepared>;
  /** The same where the endpoint holds all of it already: then nothing is waited for. Null: something has to be loaded. */
  prepareHeld(name: string, spec: EndpointSpec): Prepared | null;
  discard(prepared: Prepared): void;
  /** The same versions for a state that needs no others. */
  adapt(prepared: Prepared, spec: EndpointSpec): Prepared;
  /** Puts a prepared spec in force: one assignment, then the versions it replaces drain. */
  commit(endpoint: Pick<Endpoint, "name" | "revision">, prepared: Prepared, epoch: number): void;
  /**
   * Brings the routes to what SQL says; an endpoint that cannot be loaded becomes a route that says why. What takes long (a Python environment that has to be
   * built) is not waited for: until it is there, its route says so.
   */
  sync(endpoints: readonly Endpoint[], epoch: number, how?: Syncing): Promise<void>;
  /** Makes the route of one endpoint anew, as its fallback alias may mean another version now. Its arms stay as they are. */
  refresh(endpoint: Endpoint, epoch: number): Promise<void>;
  /** Tries again to load what does not, each arm for itself. */
  mend(endpoint: Endpoint, epoch: number): Promise<void>;
}

export interface Syncing {
  /** How long one endpoint may hold up the others. */
  readonly patienceMs: number;
  /** Arms are waited for; else they come into force when they are there, and the champion has their traffic until then. */
  readonly withArms: boolean;
}

export interface RoutingDeps {
  readonly instance: string;
  readonly registry: Registry;
  readonly serving: Serving;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Told of each state that is in force; it waits for nothing and throws nothing. */
  readonly onCommit: (endpoint: string, spec: EndpointSpec) => void;
}

const loadsAtOnce = 4;
const atStart: Syncing = { patienceMs: 10_000, withArms: true };

export function createRouting(deps: RoutingDeps): Routing {
  let current: RoutingSnapshot = emptySnapshot;
  const preparing = createPreparing(deps);
  const { prepare, release } = preparing;
  const metrics = new Map<string, EndpointMetrics>();

  function metricsOf(name: string): EndpointMetrics {
    const known = metrics.get(name) ?? createEndpointMetrics();
    metrics.set(name, known);
    return known;
  }

  function commit(endpoint: Pick<Endpoint, "name" | "revision">, prepared: Prepared, epoch: number) {
    const before = current.routes.get(endpoint.name);
    const routes = new Map(current.routes).set(
      endpoint.name,
      toRoute({ ...endpoint, ...prepared, instance: deps.instance, epoch, metrics: metricsOf(endpoint.name) }),
    );
    current = { epoch: Math.max(epoch, current.epoch), routes };
    deps.onCommit(endpoint.name, prepared.spec);
    if (before) release(before);
  }

  const load = createLoad({ ...deps, ...preparing, routeOf: (name) => current.routes.get(name), commit });

  function isKnown({ name, revision }: Endpoint): boolean {
    return current.routes.get(name)?.revision === revision;
  }

  async function sync(endpoints: readonly Endpoint[], epoch: number, how = atStart): Promise<void> {
    const { patienceMs, withArms } = how;
    const changed = endpoints.filter((endpoint) => !isKnown(endpoint));
    const waiting = changed.values();
    const loadNext = async () => {
      for (const endpoint of waiting) {
        const { arms } = await load(endpoint, epoch);
        if (withArms) await arms;
      }
    };
    const loads = Promise.all(Array.from({ length: loadsAtOnce }, loadNext));
    const enough = new AbortController();
    await Promise.race([loads, deps.clock.sleep(patienceMs, enough.signal)]);
    enough.abort();
    for (const endpoint of changed) {
      if (isKnown(endpoint)) continue;
      const failure = "The version is still being loaded. Try again in a moment.";
      const nothing = { loaded: null, arms: [], missing: [], fallback: null };
      commit(endpoint, { spec: endpoint.spec, ...nothing, failure, loading: true }, epoch);
    }
    current = { epoch: Math.max(epoch, current.epoch), routes: current.routes };
  }

  return {
    snapshot: () => current,
    pinned: createPinnedVersions(deps),
    prepare,
    prepareHeld: (name, spec) => prepareHeld(deps.serving, current.routes.get(name), spec),
    discard: release,
    adapt,
    commit,
    sync,
    refresh: async (endpoint, epoch) => (await load(endpoint, epoch, { anew: true, withArms: false })).arms,
    mend: async (endpoint, epoch) => (await load(endpoint, epoch, { anew: true })).arms,
  };
}
