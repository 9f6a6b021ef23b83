import type { MonitorSeries, MonitorView } from "@slipway/contract";
import type { CallOptions, Transport } from "./transport.ts";

export interface MonitorOptions extends CallOptions {
  /** A number or an alias; the version that serves where it is left out. */
  readonly version?: number | string | undefined;
  /** A named part of the traffic, such as `origin=ORD`; all of it where it is left out. */
  readonly slice?: string | undefined;
  /** The window that holds this time: RFC 3339, or a duration back from now; the last that was judged where it is left out. */
  readonly at?: string | undefined;
}

export interface MonitorSeriesOptions extends CallOptions {
  readonly version?: number | string | undefined;
  readonly slice?: string | undefined;
  /** RFC 3339, or a duration back from now such as "7d". */
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  /** Most windows, the newest; 168 where it is left out. */
  readonly limit?: number | undefined;
}

export interface MonitoringClient {
  /** What was found in one window, with the distributions that it was found in. */
  get(endpoint: string, options?: MonitorOptions): Promise<MonitorView>;
  /** What was found, window by window, oldest first. */
  series(endpoint: string, options?: MonitorSeriesOptions): Promise<MonitorSeries>;
}

export function createMonitoring(transport: Transport): MonitoringClient {
  const pathOf = (endpoint: string): string => `/api/v1/endpoints/${encodeURIComponent(endpoint)}/monitor`;
  return {
    get: (endpoint, { version, slice, at, ...call } = {}) =>
      transport.call({ method: "GET", path: pathOf(endpoint), query: { version, slice, at }, ...call }),
    series: (endpoint, { version, slice, since, until, limit, ...call } = {}) =>
      transport.call({
        method: "GET",
        path: `${pathOf(endpoint)}/series`,
        query: { version, slice, since, until, limit },
        ...call,
      }),
  };
}
