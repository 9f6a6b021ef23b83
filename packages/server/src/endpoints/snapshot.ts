import type { LoadedVersion } from "../serving/index.ts";
import type { EndpointSpec } from "./endpoint.ts";
import type { EndpointMetrics } from "./metrics.ts";

/** Everything the hot path needs to know of one endpoint, made once a revision. Immutable but for the metrics. */
export interface Route {
  readonly endpoint: string;
  readonly revision: number;
  readonly epoch: number;
  readonly spec: EndpointSpec;
  /** Null: nothing to serve; `failure` says why. */
  readonly loaded: LoadedVersion | null;
  readonly failure: string | null;
  readonly loading?: true;
  readonly fallback: FallbackTarget | null;
  /** Record fields that are no inputs and are taken along: `log.fields` and `log.key`. */
  readonly extraFields: ReadonlySet<string>;
  readonly redact: ReadonlySet<string>;
  /** The fields of this route's log records, encoded, for the version that answered. */
  readonly logFields: (answered: LoadedVersion | null) => Uint8Array;
  readonly metrics: EndpointMetrics;
}

export type FallbackTarget =
  | { readonly kind: "version"; readonly loaded: LoadedVersion; readonly alias: string }
  | { readonly kind: "value"; readonly value: Readonly<Record<string, unknown>> };

/** The routes in force, replaced as a whole. A request uses the snapshot it began with to its end. */
export interface RoutingSnapshot {
  readonly epoch: number;
  readonly routes: ReadonlyMap<string, Route>;
}

export const emptySnapshot: RoutingSnapshot = { epoch: 0, routes: new Map() };
