import type { Incident, IncidentWithHistory } from "@slipway/contract";
import { iteratePages, type Page, type PageOptions } from "./pages.ts";
import type { CallOptions, Transport } from "./transport.ts";

export interface IncidentListOptions extends PageOptions, CallOptions {
  readonly endpoint?: string | undefined;
  readonly version?: number | undefined;
  /** "active": all that are not resolved. */
  readonly state?: Incident["state"] | "active" | undefined;
  readonly severity?: Incident["severity"] | undefined;
  /** Opened since: RFC 3339, or a duration back from now such as "7d". */
  readonly since?: string | undefined;
}

export interface IncidentDeedOptions extends CallOptions {
  /** For the history. */
  readonly message?: string | undefined;
}

export interface IncidentsClient {
  /** Newest first. */
  list(options?: IncidentListOptions): Promise<Page<Incident>>;
  all(options?: IncidentListOptions): AsyncGenerator<Incident, void, undefined>;
  get(id: string, options?: CallOptions): Promise<IncidentWithHistory>;
  /** Somebody looks at it: it is told again only where it gets worse. */
  acknowledge(id: string, options?: IncidentDeedOptions): Promise<Incident>;
  /** Nothing is told of it for `forMs`. */
  mute(id: string, forMs: number, options?: IncidentDeedOptions): Promise<Incident>;
  unmute(id: string, options?: IncidentDeedOptions): Promise<Incident>;
  /** It is over: what fires now opens no other one until it has stopped once. */
  resolve(id: string, options?: IncidentDeedOptions): Promise<Incident>;
}

export function createIncidents(transport: Transport): IncidentsClient {
  const root = "/api/v1/incidents";
  const pathOf = (id: string): string => `${root}/${encodeURIComponent(id)}`;
  const list: IncidentsClient["list"] = ({
    limit,
    cursor,
    endpoint,
    version,
    state,
    severity,
    since,
    ...call
  } = {}) => {
    const query = { limit, cursor, endpoint, version, state, severity, since };
    return transport.call({ method: "GET", path: root, query, ...call });
  };
  const act = (path: string, json: object, { message, ...call }: IncidentDeedOptions = {}): Promise<Incident> =>
    transport.call({ method: "POST", path, json: { ...json, message }, ...call });
  return {
    list,
    all: (options = {}) => iteratePages((cursor) => list({ ...options, cursor: cursor ?? options.cursor })),
    get: (id, call) => transport.call({ method: "GET", path: pathOf(id), ...call }),
    acknowledge: (id, options) => act(`${pathOf(id)}/acknowledge`, {}, options),
    mute: (id, forMs, options) => act(`${pathOf(id)}/mute`, { for_ms: forMs }, options),
    unmute: (id, options) => act(`${pathOf(id)}/unmute`, {}, options),
    resolve: (id, options) => act(`${pathOf(id)}/resolve`, {}, options),
  };
}
