import type { Clock } from "../kernel/clock.ts";
import type { Logger } from "../kernel/logger.ts";
import type { Registry } from "../registry/index.ts";
import type { Serving } from "../serving/index.ts";
import type { Endpoint, EndpointSpec } from "./endpoint.ts";
import { adapt, createPreparing, explain, toMissing } from "./prepare.ts";
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
  sync(endpoints: readonly Endpoint[], epoch: number): Promise<void>;
  /** Makes the route of one endpoint anew, as its fallback alias may mean another version now. */
  refresh(endpoint: Endpoint, epoch: number): Promise<void>;
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
/** How long one endpoint may hold up the others. */
const patienceMs = 10_000;

export function createRouting(deps: RoutingDeps): Routing {
  let current: RoutingSnapshot = emptySnapshot;
  const { prepare, prepareServed, acquireArms, release } = createPreparing(deps);
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

  /** Loads what an endpoint needs as far as it loads: the champion first, whose traffic waits for no arm. */
  async function load(endpoint: Endpoint, epoch: number, { anew = false } = {}) {
    const { name, revision, spec } = endpoint;
    const putInForce = (prepared: Prepared) => {
      // It was changed while it loaded.
      if ((current.routes.get(name)?.revision ?? 0) > revision) return release(prepared);
      commit(endpoint, prepared, epoch);
    };
    const held = anew ? null : prepareHeld(deps.serving, current.routes.get(name), spec);
    if (held) return putInForce(held);
    const served = await prepareServed(spec).catch((error: unknown): Prepared => {
      deps.logger.error({ error, endpoint: name }, "an endpoint does not load");
      return { spec, loaded: null, arms: [], missing: [], fallback: null, failure: explain(error) };
    });
    if (!served.loaded || spec.traffic.arms.length === 0) return putInForce(served);
    // What is in force already stays so until all of it is here.
    if (!anew)
      putInForce({ ...served, missing: spec.traffic.arms.map((arm) => toMissing(arm, "It is being loaded.")) });
    const { arms, missing } = await acquireArms(endpoint);
    const again = anew ? served : await prepareServed(spec).catch(() => null);
    if (again === null) return release({ loaded: null, fallback: null, arms });
    putInForce({ ...again, arms, missing });
  }

  function isKnown({ name, revision }: Endpoint): boolean {
    return current.routes.get(name)?.revision === revision;
  }

  async function sync(endpoints: readonly Endpoint[], epoch: number): Promise<void> {
    const changed = endpoints.filter((endpoint) => !isKnown(endpoint));
    const waiting = changed.values();
    const loadNext = async () => {
      for (const endpoint of waiting) await load(endpoint, epoch);
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
    refresh: (endpoint, epoch) => load(endpoint, epoch, { anew: true }),
  };
}
