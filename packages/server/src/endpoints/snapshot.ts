import type { ModelVersion } from "../registry/index.ts";
import type { LoadedVersion } from "../serving/index.ts";
import type { Division, LoadedArm, LogFields } from "./divide.ts";
import type { EndpointSpec } from "./endpoint.ts";
import type { EndpointMetrics } from "./metrics.ts";

/** Everything the hot path needs to know of one endpoint, made once a revision. Immutable but for the metrics. */
export interface Route {
  readonly endpoint: string;
  readonly revision: number;
  readonly epoch: number;
  readonly spec: EndpointSpec;
  /** The champion. Null: nothing to serve; `failure` says why. */
  readonly loaded: LoadedVersion | null;
  readonly arms: readonly LoadedArm[];
  /** Arms whose versions do not load: the champion has their traffic. */
  readonly missing: readonly MissingArm[];
  /** Null: the traffic is not divided. */
  readonly division: Division | null;
  readonly failure: string | null;
  readonly loading?: true;
  readonly fallback: FallbackTarget | null;
  /** As in the spec: what is stopped asks no version. */
  readonly stop: EndpointSpec["stop"];
  /** Record fields that are no inputs and are taken along: `log.fields`, `log.key`, and what divides the traffic. */
  readonly extraFields: ReadonlySet<string>;
  readonly redact: ReadonlySet<string>;
  /** The fields of this route's log records, encoded, for the version that answered, where the traffic is not divided. */
  readonly logFields: LogFields;
  readonly metrics: EndpointMetrics;
}

export interface MissingArm {
  readonly name: string;
  readonly version: number;
  readonly failure: string;
}

/** What an answer is of. */
export type Answering = Pick<LoadedVersion, "version" | "signature">;

export type FallbackTarget =
  | { readonly kind: "version"; readonly loaded: LoadedVersion; readonly alias: string }
  /** `served`: whose answers the value has the form of. */
  | { readonly kind: "value"; readonly value: Readonly<Record<string, unknown>>; readonly served: ModelVersion };

/** The routes in force, replaced as a whole. A request uses the snapshot it began with to its end. */
export interface RoutingSnapshot {
  readonly epoch: number;
  readonly routes: ReadonlyMap<string, Route>;
}

export const emptySnapshot: RoutingSnapshot = { epoch: 0, routes: new Map() };
