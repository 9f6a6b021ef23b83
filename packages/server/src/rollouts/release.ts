import { canonicalJson, type Manifest } from "@slipway/contract";
import type { EndpointSettings, Release } from "../endpoints/index.ts";
import type { Rollouts } from "./use-cases.ts";

export interface ReleaseDeps {
  readonly rollouts: Pick<Rollouts, "start" | "findActive">;
}

/**
 * A deploy that finds a `rollout` section begins one; the settings of `slipway.yaml` become the endpoint's with the promotion, and until then who calls
 * the version that serves finds what was there. The first deploy of an endpoint, and one of what serves already, have nothing to compare with: they go
 * on as ever.
 */
export function createRelease({ rollouts }: ReleaseDeps): Release {
  return async ({ endpoint, version, manifest, allowBreaking }, by) => {
    const { name, spec } = endpoint;
    const { target } = spec;
    const section = manifest?.rollout === "none" ? null : (manifest?.rollout ?? spec.rollout);
    if (section === null || target === null || (target.model === version.model && target.version === version.version))
      return null;
    // Versions of another model are no candidates beside this one.
    if (target.model !== version.model) return null;
    const settings = manifest && toSettings(manifest);
    const active = await rollouts.findActive(name);
    if (active?.to === version.version) {
      const isSame = settings === null || canonicalJson(settings) === canonicalJson(active.settings ?? {});
      const notes = isSame
        ? []
        : [
            `${version.model}@${version.version} is being released at ${name} already, with the settings that this began with; those of now are not taken. To begin anew: slipway rollout abort ${name}, then deploy again.`,
          ];
      return { id: active.id, notes };
    }
    const order = { endpoint: name, version: version.version, section, allowBreaking, supersede: true, settings };
    const { id } = await rollouts.start(order, by);
    const notes =
      active === null
        ? []
        : [
            `The rollout ${active.id} of ${active.model}@${active.to}, which was under way, has ended: this one took its place.`,
          ];
    return { id, notes };
  };
}

/** What of `slipway.yaml` is the endpoint's. */
function toSettings(manifest: Manifest): EndpointSettings {
  const { model: _, ...settings } = manifest;
  return settings;
}
