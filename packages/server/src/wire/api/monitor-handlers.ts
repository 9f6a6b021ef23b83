import { parseAddress, type MonitorTestRequest, type MonitorTestResult } from "@slipway/contract";
import type { Endpoints } from "../../endpoints/index.ts";
import type { Clock } from "../../kernel/clock.ts";
import type { ExactResult, Monitoring, Watched } from "../../monitoring/index.ts";
import type { Operations } from "../../platform/queue/index.ts";
import type { Registry } from "../../registry/index.ts";
import type { ApiRequest, Handlers } from "./register.ts";
import { parseSince } from "./since.ts";
import { toOperationView, toTimestamp } from "./views.ts";

type MonitorRoutes = "getMonitor" | "getMonitorSeries" | "getMonitorReference" | "makeMonitorReference" | "testMonitor";

export interface MonitorHandlerDeps {
  readonly monitoring: Monitoring;
  readonly endpoints: Endpoints;
  readonly registry: Registry;
  readonly operations: Operations;
  readonly clock: Clock;
}

export function createMonitorHandlers(deps: MonitorHandlerDeps): Pick<Handlers, MonitorRoutes> {
  const { monitoring, clock } = deps;
  const time = (query: ApiRequest["query"], name: string) => {
    const text = query[name] as string | undefined;
    return text === undefined ? null : momentOf(text, clock.now());
  };
  const sliceOf = (query: ApiRequest["query"]) => (query["slice"] as string | undefined) ?? "";
  return {
    getMonitor: async ({ params, query }) => {
      const watched = await requireWatched(deps, params["endpoint"] ?? "", query["version"]);
      return monitoring.views.show({ watched, slice: sliceOf(query), at: time(query, "at") });
    },
    getMonitorSeries: async ({ params, query }) => {
      const watched = await requireWatched(deps, params["endpoint"] ?? "", query["version"]);
      const span = { since: time(query, "since"), until: time(query, "until") };
      return monitoring.views.series({ watched, slice: sliceOf(query), ...span, limit: query["limit"] as number });
    },
    getMonitorReference: async ({ params, query }) =>
      monitoring.views.reference(await requireWatched(deps, params["endpoint"] ?? "", query["version"])),
    makeMonitorReference: async ({ params, body }) => {
      const { version } = body as { readonly version?: number | string };
      const watched = await requireWatched(deps, params["endpoint"] ?? "", version);
      return toOperationView(await deps.operations.get(await monitoring.references.remake(watched)));
    },
    testMonitor: async ({ params, body }) => {
      const { version, columns = null, since, until } = body as MonitorTestRequest;
      const watched = await requireWatched(deps, params["endpoint"] ?? "", version);
      const now = clock.now();
      const windowMs = monitoring.settingsOf(watched.endpoint)?.windowMs ?? 3_600_000;
      // Where nobody says when, the window that ended last.
      const end = until === undefined && since === undefined ? Math.floor(now / windowMs) * windowMs : now;
      const to = until === undefined ? end : momentOf(until, now);
      const from = since === undefined ? to - windowMs : momentOf(since, now);
      return toTestView(watched, { from, to }, await monitoring.testExactly({ watched, columns, from, to }));
    },
  };
}

/** Windows are counted from 1970: there is nothing before it. */
function momentOf(text: string, now: number): number {
  return Math.max(0, parseSince(text, now));
}

/**
 * What is watched behind an endpoint: the version that is named by its number or an alias, else the one that serves, else the champion
 * or the latest of the model that is called like the endpoint.
 * @throws SlipwayError `endpoint_not_found`, `model_not_found`, `version_not_found`, `alias_not_found`
 */
export async function requireWatched(
  { endpoints, registry }: Pick<MonitorHandlerDeps, "endpoints" | "registry">,
  endpoint: string,
  version: unknown,
): Promise<Watched> {
  const { name, spec } = await endpoints.require(endpoint);
  const model = spec.target?.model ?? name;
  if (version === undefined && spec.target !== null) return { endpoint: name, model, version: spec.target.version };
  const suffix = version === undefined ? "" : `@${String(version)}`;
  const found = await registry.resolve(parseAddress(`${model}${suffix}`));
  return { endpoint: name, model, version: found.version };
}

function toTestView(
  watched: Watched,
  { from, to }: { readonly from: number; readonly to: number },
  { rows, tested, referenceRows, columns }: ExactResult,
): MonitorTestResult {
  return {
    ...watched,
    from: toTimestamp(from),
    to: toTimestamp(to),
    rows,
    tested,
    reference_rows: referenceRows,
    columns: columns.map(({ pAdjusted, jensenShannon, referenceRows: known, ...column }) => ({
      ...column,
      p_adjusted: pAdjusted,
      jensen_shannon: jensenShannon,
      reference_rows: known,
    })),
  };
}
