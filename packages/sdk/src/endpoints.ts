import type { ApplyResult, Endpoint, Revision, TrafficRequest, TrafficView } from "@slipway/contract";
import { iteratePages, type Page, type PageOptions } from "./pages.ts";
import type { CallOptions, Transport } from "./transport.ts";

type Items<T> = AsyncGenerator<T, void, undefined>;

/** Why an endpoint is changed, for its history. */
export interface ChangeOptions extends CallOptions {
  readonly message?: string | undefined;
}

export interface EndpointsClient {
  list(options?: PageOptions & CallOptions): Promise<Page<Endpoint>>;
  all(options?: PageOptions & CallOptions): Items<Endpoint>;
  get(endpoint: string, options?: CallOptions): Promise<Endpoint>;
  /**
   * Makes a version champion and sends it all traffic. `allowBreaking`: also where its signature breaks those who call now.
   * @throws SlipwayError `breaking_change`, `training_too_old`, `parity_failed`
   */
  promote(
    endpoint: string,
    version: number,
    options?: ChangeOptions & { allowBreaking?: boolean | undefined },
  ): Promise<Endpoint>;
  /** Goes back to revision `to`, by default the one before the present. */
  rollback(endpoint: string, options?: ChangeOptions & { to?: number | undefined }): Promise<Endpoint>;
  /** How the traffic is divided. */
  traffic(endpoint: string, options?: CallOptions): Promise<TrafficView>;
  /**
   * Divides the traffic: versions and shares in ten-thousandths; what they leave is the target's. `{ arms: [] }`: all of it. Ends a
   * rollout that is under way.
   */
  setTraffic(endpoint: string, traffic: Omit<TrafficRequest, "message">, options?: ChangeOptions): Promise<TrafficView>;
  /** The kill switch, at once. `fallback`: it answers; else nothing does. */
  stop(endpoint: string, options?: ChangeOptions & { fallback?: boolean | undefined }): Promise<Endpoint>;
  /** Takes the kill switch back. */
  start(endpoint: string, options?: ChangeOptions): Promise<Endpoint>;
  /** Takes an endpoint out of service; versions and predictions stay. */
  remove(endpoint: string, options?: CallOptions): Promise<void>;
  /** Newest first. */
  revisions(endpoint: string, options?: PageOptions & CallOptions): Promise<Page<Revision>>;
  allRevisions(endpoint: string, options?: PageOptions & CallOptions): Items<Revision>;
  /** Brings an endpoint to what a manifest (slipway.yaml as an object) says; changes nothing where it holds already. */
  apply(
    endpoint: string,
    manifest: unknown,
    options?: ChangeOptions & { dryRun?: boolean | undefined },
  ): Promise<ApplyResult>;
}

export function createEndpoints(transport: Transport): EndpointsClient {
  const pathOf = (endpoint: string): string => `/api/v1/endpoints/${encodeURIComponent(endpoint)}`;
  const list: EndpointsClient["list"] = ({ limit, cursor, ...options } = {}) =>
    transport.call({
      method: "GET",
      path: "/api/v1/endpoints",
      query: { limit, cursor },
      ...options,
    });
  const revisions: EndpointsClient["revisions"] = (endpoint, { limit, cursor, ...options } = {}) =>
    transport.call({
      method: "GET",
      path: `${pathOf(endpoint)}/revisions`,
      query: { limit, cursor },
      ...options,
    });
  return {
    list,
    all: (options = {}) => iteratePages((cursor) => list({ ...options, cursor: cursor ?? options.cursor })),
    get: (endpoint, options) => transport.call({ method: "GET", path: pathOf(endpoint), ...options }),
    promote: (endpoint, version, { message, allowBreaking, ...options } = {}) =>
      transport.call({
        method: "POST",
        path: `${pathOf(endpoint)}/promote`,
        json: { version, message, allow_breaking: allowBreaking },
        ...options,
      }),
    rollback: (endpoint, { to, message, ...options } = {}) =>
      transport.call({
        method: "POST",
        path: `${pathOf(endpoint)}/rollback`,
        json: { to, message },
        ...options,
      }),
    traffic: (endpoint, options) => transport.call({ method: "GET", path: `${pathOf(endpoint)}/traffic`, ...options }),
    setTraffic: (endpoint, traffic, { message, ...options } = {}) =>
      transport.call({ method: "PUT", path: `${pathOf(endpoint)}/traffic`, json: { ...traffic, message }, ...options }),
    stop: (endpoint, { fallback, message, ...options } = {}) =>
      transport.call({ method: "POST", path: `${pathOf(endpoint)}/stop`, json: { fallback, message }, ...options }),
    start: (endpoint, { message, ...options } = {}) =>
      transport.call({ method: "POST", path: `${pathOf(endpoint)}/start`, json: { message }, ...options }),
    remove: (endpoint, options) => transport.call({ method: "DELETE", path: pathOf(endpoint), ...options }),
    revisions,
    allRevisions: (endpoint, options = {}) =>
      iteratePages((cursor) => revisions(endpoint, { ...options, cursor: cursor ?? options.cursor })),
    apply: (endpoint, manifest, { dryRun, message, ...options } = {}) =>
      transport.call({
        method: "PUT",
        path: pathOf(endpoint),
        json: { manifest, dry_run: dryRun, message },
        ...options,
      }),
  };
}
