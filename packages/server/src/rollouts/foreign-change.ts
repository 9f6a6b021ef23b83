import type { Endpoint, EndpointRevision } from "../endpoints/index.ts";
import type { Observations } from "./observations.ts";
import type { RolloutEndpoints } from "./ports.ts";

/** More revisions than this between two looks are not all asked for; the oldest of those is the one that is named. */
const most = 100;

/** Somebody else's change of what the endpoint serves, behind the revision that is known; null: there is none. */
export async function findForeignChange(
  endpoints: Pick<RolloutEndpoints, "listRevisions">,
  { name, revision }: Endpoint,
  known: number,
): Promise<Observations["changedBy"]> {
  if (revision <= known) return null;
  const { items } = await endpoints.listRevisions(name, { limit: most, cursor: null });
  const first = items.findLast((each) => each.revision > known && isForeign(each));
  return first === undefined ? null : { revision: first.revision, action: first.action, actor: first.author };
}

/** A rollout that was ended may still have had a wish on its way: what is wanted now is put in its place. */
function isForeign({ action, changes, spec }: EndpointRevision): boolean {
  if (action === "rollout") return false;
  // The kill switch: whoever stops an endpoint wants no candidate either, whether or not it had traffic yet.
  if (spec.stop !== null && changes.some(({ path }) => path === "stop")) return true;
  // Which alias an endpoint follows is no traffic.
  return changes.some(({ path }) => /^(?:target(?:\.(?:version|model))?$|traffic(?:\.|$))/.test(path));
}
