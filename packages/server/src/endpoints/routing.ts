import { encodeRoute, type RouteFields } from "@slipway/runtime";
import { SlipwayError } from "@slipway/contract";
import type { Clock } from "../kernel/clock.ts";
import type { Logger } from "../kernel/logger.ts";
import type { Registry } from "../registry/index.ts";
import type { LoadedVersion, Serving } from "../serving/index.ts";
import { toLoadSettings, type Endpoint, type EndpointSpec } from "./endpoint.ts";
import { createEndpointMetrics, type EndpointMetrics } from "./metrics.ts";
import { createPinnedVersions, type PinnedVersions } from "./pinned-versions.ts";
import { prepareFallback } from "./prepare-fallback.ts";
import { emptySnapshot, type FallbackTarget, type Route, type RoutingSnapshot } from "./snapshot.ts";

/** What a spec needs in memory, loaded beside whatever serves now. */
export interface Prepared {
  readonly spec: EndpointSpec;
  readonly loaded: LoadedVersion | null;
  readonly fallback: FallbackTarget | null;
  readonly failure: string | null;
  /** It is on its way, and took too long to be waited for. */
  readonly loading?: true;
}

export interface Routing {
  snapshot(): RoutingSnapshot;
  readonly pinned: PinnedVersions;
  /** Loads the versions of a spec. @throws whatever loading throws; nothing has changed then */
  prepare(spec: EndpointSpec): Promise<Prepared>;
  discard(prepared: Prepared): void;
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
}

const loadsAtOnce = 4;
/** How long one endpoint may hold up the others. */
const patienceMs = 10_000;

export function createRouting(deps: RoutingDeps): Routing {
  let current: RoutingSnapshot = emptySnapshot;
  const metrics = new Map<string, EndpointMetrics>();

  async function prepare(spec: EndpointSpec): Promise<Prepared> {
    if (!spec.target) return { spec, loaded: null, fallback: null, failure: null };
    const version = await deps.registry.requireVersion(spec.target.model, spec.target.version);
    const loaded = await deps.serving.acquire(version, toLoadSettings(spec.serve));
    return { spec, loaded, fallback: await prepareFallback(deps, spec, version), failure: null };
  }

  function release(held: Pick<Prepared, "loaded" | "fallback">) {
    const onError = (error: unknown) => deps.logger.error({ error }, "unloading a version failed");
    if (held.loaded) deps.serving.release(held.loaded).catch(onError);
    if (held.fallback?.kind === "version") deps.serving.release(held.fallback.loaded).catch(onError);
  }

  function toRoute(endpoint: Pick<Endpoint, "name" | "revision">, prepared: Prepared, epoch: number): Route {
    const { name, revision } = endpoint;
    const { spec, loaded } = prepared;
    const known = metrics.get(name) ?? createEndpointMetrics();
    metrics.set(name, known);
    return {
      ...prepared,
      endpoint: name,
      revision,
      epoch,
      extraFields: new Set(spec.log.key === null ? spec.log.fields : [...spec.log.fields, spec.log.key]),
      redact: new Set(spec.log.redact),
      metrics: known,
      logFields: createLogFields({ instance: deps.instance, epoch, endpoint: name, revision }, loaded),
    };
  }

  function commit(endpoint: Pick<Endpoint, "name" | "revision">, prepared: Prepared, epoch: number) {
    const before = current.routes.get(endpoint.name);
    const routes = new Map(current.routes).set(endpoint.name, toRoute(endpoint, prepared, epoch));
    current = { epoch, routes };
    if (before) release(before);
  }

  async function load(endpoint: Endpoint, epoch: number) {
    const prepared = await prepare(endpoint.spec).catch((error: unknown): Prepared => {
      const failure = SlipwayError.is(error) ? error.message : "The version does not load; the server's log says why.";
      deps.logger.error({ error, endpoint: endpoint.name }, "an endpoint does not load");
      return { spec: endpoint.spec, loaded: null, fallback: null, failure };
    });
    // It was changed while it loaded.
    if ((current.routes.get(endpoint.name)?.revision ?? 0) > endpoint.revision) return release(prepared);
    commit(endpoint, prepared, Math.max(epoch, current.epoch));
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
      commit(endpoint, { spec: endpoint.spec, loaded: null, fallback: null, failure, loading: true }, epoch);
    }
    current = { epoch: Math.max(epoch, current.epoch), routes: current.routes };
  }

  return {
    snapshot: () => current,
    pinned: createPinnedVersions(deps),
    prepare,
    discard: release,
    commit,
    sync,
    refresh: load,
  };
}

type RouteIdentity = Pick<RouteFields, "instance" | "epoch" | "endpoint" | "revision">;

/** Encoded once for the version that serves; a pinned or a fallback version has its own block. */
function createLogFields(identity: RouteIdentity, serving: LoadedVersion | null) {
  const encode = (loaded: LoadedVersion | null) =>
    encodeRoute({
      ...identity,
      model: loaded?.version.model ?? null,
      version: loaded?.version.version ?? null,
      digest: loaded?.version.digest ?? null,
    });
  const ofServing = encode(serving);
  const others = new WeakMap<LoadedVersion, Uint8Array>();
  return (answered: LoadedVersion | null): Uint8Array => {
    if (answered === serving || answered === null) return ofServing;
    const known = others.get(answered) ?? encode(answered);
    others.set(answered, known);
    return known;
  };
}
