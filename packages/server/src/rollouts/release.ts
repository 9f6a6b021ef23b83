import type { Endpoints, Release } from "../endpoints/index.ts";
import type { Rollouts } from "./use-cases.ts";

export interface ReleaseDeps {
  readonly endpoints: Pick<Endpoints, "require" | "apply">;
  readonly rollouts: Pick<Rollouts, "start" | "findActive">;
}

/**
 * A deploy that finds a `rollout` section begins one, and the settings of `slipway.yaml` hold at once. The first deploy of an endpoint, and one of what
 * serves already, have nothing to compare with: they go on as ever.
 */
export function createRelease({ endpoints, rollouts }: ReleaseDeps): Release {
  return async ({ endpoint, version, manifest, allowBreaking }, by) => {
    const { spec } = endpoint;
    const { target } = spec;
    const section = manifest?.rollout === "none" ? null : (manifest?.rollout ?? spec.rollout);
    if (section === null || target === null || (target.model === version.model && target.version === version.version))
      return null;
    const { name } = endpoint;
    // Versions of another model are no candidates beside this one.
    if (target.model !== version.model) return null;
    if (manifest !== null) await endpoints.apply(name, manifest, { ...by, dryRun: false });
    const active = await rollouts.findActive(name);
    if (active?.to === version.version) return active.id;
    const order = { endpoint: name, version: version.version, section, allowBreaking };
    return (await rollouts.start(order, by)).id;
  };
}
