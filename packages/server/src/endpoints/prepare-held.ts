import type { LoadedVersion, Serving } from "../serving/index.ts";
import { toLoadSettings, type EndpointSpec } from "./endpoint.ts";
import type { Prepared } from "./prepared.ts";
import type { FallbackTarget, Route } from "./snapshot.ts";

/**
 * What a spec needs, taken from what the endpoint has in memory already; null where anything has to be loaded. It asks nobody and waits for nothing: so a
 * rollout is rolled back, or an endpoint stopped, whatever else is being loaded.
 */
export function prepareHeld(
  serving: Pick<Serving, "retain">,
  route: Route | undefined,
  spec: EndpointSpec,
): Prepared | null {
  const nothing = { spec, loaded: null, arms: [], missing: [], fallback: null, failure: null };
  if (!spec.target) return nothing;
  if (route === undefined) return null;
  const find = createFind(route, spec);
  const loaded = find(spec.target.version);
  if (!loaded && spec.stop === null) return null;
  const arms = spec.stop === null ? spec.traffic.arms.map((arm) => ({ arm, loaded: find(arm.version) })) : [];
  const fallback = findFallback(route, spec, loaded);
  if (fallback === undefined || !arms.every(isFound)) return null;
  for (const { loaded: held } of arms) serving.retain(held);
  if (loaded) serving.retain(loaded);
  if (fallback?.kind === "version") serving.retain(fallback.loaded);
  return { ...nothing, loaded, arms, fallback };
}

function isFound<T extends { readonly loaded: LoadedVersion | null }>(each: T): each is T & { loaded: LoadedVersion } {
  return each.loaded !== null;
}

/** A version as the spec has it loaded. */
function createFind(route: Route, spec: EndpointSpec): (version: number) => LoadedVersion | null {
  const { target, serve } = route.spec;
  const isSame =
    target?.model === spec.target!.model &&
    JSON.stringify(toLoadSettings(serve)) === JSON.stringify(toLoadSettings(spec.serve));
  if (!isSame) return () => null;
  const all = [...(route.loaded ? [route.loaded] : []), ...route.arms.map(({ loaded }) => loaded)];
  return (version) => all.find((each) => each.version.version === version) ?? null;
}

/** Undefined: it has to be looked up. An alias that means the version that serves is no fallback of it, so that the target matters. */
function findFallback(
  route: Route,
  spec: EndpointSpec,
  loaded: LoadedVersion | null,
): FallbackTarget | null | undefined {
  const { fallback } = spec.serve;
  if (fallback === null) return null;
  const isSame =
    JSON.stringify(fallback) === JSON.stringify(route.spec.serve.fallback) &&
    route.spec.target?.version === spec.target?.version;
  if (isSame && route.fallback) return route.fallback;
  if (loaded && "value" in fallback) return { kind: "value", value: fallback.value, served: loaded.version };
  // What is stopped refuses until its fallback is there: no version is asked meanwhile.
  if (spec.stop !== null) return null;
  // Of one that was stopped nobody knows whether there is one.
  return isSame && route.stop === null ? null : undefined;
}
