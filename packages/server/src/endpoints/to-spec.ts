import { parseDuration } from "@slipway/contract";
import { withManifest, type EndpointSettings, type EndpointSpec } from "./endpoint.ts";

/** The mutable half of a manifest over what an endpoint has, the alias that it follows included. */
export function toSpec(spec: EndpointSpec, settings: EndpointSettings | null): EndpointSpec {
  const merged = withManifest(spec, settings, parseDuration);
  if (!settings?.serve || settings.serve.follow === undefined || !merged.target) return merged;
  return { ...merged, target: { ...merged.target, follows: toAlias(settings) } };
}

export function toAlias({ serve }: EndpointSettings): string | null {
  const follow = serve?.follow;
  return follow === undefined || follow === "none" ? null : follow;
}
