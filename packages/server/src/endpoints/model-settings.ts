import type { ModelVersion } from "../registry/index.ts";
import { fitSettings, type LoadSettings } from "../serving/index.ts";
import { toLoadSettings, type ServeSettings } from "./endpoint.ts";
import type { RoutingSnapshot } from "./snapshot.ts";

/** One copy of a version that is not the endpoint's own, as the endpoint has its versions loaded. */
export function toSingleCopy(version: ModelVersion, serve: ServeSettings): LoadSettings {
  return { ...fitSettings(version, toLoadSettings(serve)), replicas: 1 };
}

/** The same for a version that no request asks for: what one endpoint isolates is not tried in the server's own process. */
export function findModelSettings({ routes }: RoutingSnapshot, version: ModelVersion): LoadSettings {
  for (const { spec } of routes.values())
    if (spec.target?.model === version.model) return toSingleCopy(version, spec.serve);
  return { replicas: 1 };
}
