import type {
  BacktestRequest,
  MonitorReferenceView,
  MonitorSeries,
  MonitorTestResult,
  MonitorView,
  Operation,
} from "@slipway/contract";
import type { CallOptions, Transport } from "./transport.ts";

export interface VersionOptions extends CallOptions {
  /** A number or an alias; the version that serves where it is left out. */
  readonly version?: number | string | undefined;
}

export interface MonitorOptions extends VersionOptions {
  /** A named part of the traffic, such as `origin=ORD`; all of it where it is left out. */
  readonly slice?: string | undefined;
  /** The window that holds this time: RFC 3339, or a duration back from now; the last that was judged where it is left out. */
  readonly at?: string | undefined;
}

export interface MonitorSeriesOptions extends VersionOptions {
  readonly slice?: string | undefined;
  /** RFC 3339, or a duration back from now such as "7d". */
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  /** Most windows, the newest; 168 where it is left out. */
  readonly limit?: number | undefined;
}

export interface MonitorTestOptions extends VersionOptions {
  /** All of them where it is left out. */
  readonly columns?: readonly string[] | undefined;
  /** Predictions from then on: RFC 3339, or a duration back from now. The last window where it is left out. */
  readonly since?: string | undefined;
  readonly until?: string | undefined;
}

export interface MonitoringClient {
  /** What was found in one window, with the distributions that it was found in. */
  get(endpoint: string, options?: MonitorOptions): Promise<MonitorView>;
  /** What was found, window by window, oldest first. */
  series(endpoint: string, options?: MonitorSeriesOptions): Promise<MonitorSeries>;
  /** What the windows of a version are held against. */
  reference(endpoint: string, options?: VersionOptions): Promise<MonitorReferenceView>;
  /** Exact tests of raw predictions against the rows of the reference; nothing of it is kept. */
  test(endpoint: string, options?: MonitorTestOptions): Promise<MonitorTestResult>;
  /** Makes it anew. Resolves with an operation. */
  makeReference(endpoint: string, options?: VersionOptions): Promise<Operation>;
  /** Goes through the past, with other settings where they are given; the operation's result is a `BacktestResult`. */
  backtest(endpoint: string, request?: BacktestRequest, options?: CallOptions): Promise<Operation>;
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
    reference: (endpoint, { version, ...call } = {}) =>
      transport.call({ method: "GET", path: `${pathOf(endpoint)}/reference`, query: { version }, ...call }),
    test: (endpoint, { version, columns, since, until, ...call } = {}) =>
      transport.call({
        method: "POST",
        path: `${pathOf(endpoint)}/test`,
        json: { version, columns, since, until },
        ...call,
      }),
    makeReference: (endpoint, { version, ...call } = {}) =>
      transport.call({ method: "POST", path: `${pathOf(endpoint)}/reference`, json: { version }, ...call }),
    backtest: (endpoint, request = {}, call = {}) =>
      transport.call({ method: "POST", path: `${pathOf(endpoint)}/backtest`, json: request, ...call }),
  };
}
