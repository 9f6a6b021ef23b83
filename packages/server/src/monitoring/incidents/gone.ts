import type { Endpoints } from "../../endpoints/index.ts";
import type { Registry } from "../../registry/index.ts";
import type { Watched } from "../watched.ts";

interface GoneDeps {
  readonly endpoints: Pick<Endpoints, "snapshot">;
  readonly registry: Pick<Registry, "findRecorded">;
}

/**
 * Whether a version does not serve any more: another has its traffic, or the endpoint has no target, or is not there. What is served
 * elsewhere has no target either, and a server that has not read its routes yet knows of none.
 */
export async function isGone({ endpoints, registry }: GoneDeps, watched: Watched): Promise<boolean> {
  const { epoch, routes } = endpoints.snapshot();
  if (epoch === 0) return false;
  const route = routes.get(watched.endpoint);
  if (route === undefined) return true;
  const { target } = route.spec;
  if (target !== null) return target.model !== watched.model || target.version !== watched.version;
  const recorded = await registry.findRecorded(watched.model, watched.version);
  return recorded?.version.state !== "external";
}
