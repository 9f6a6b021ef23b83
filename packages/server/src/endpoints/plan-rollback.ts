import { SlipwayError } from "@slipway/contract";
import type { Page } from "../kernel/page.ts";
import type { Planned } from "./changes.ts";
import type { Endpoint, EndpointRevision, EndpointSpec } from "./endpoint.ts";
import { keepFields, toSettled } from "./settled-traffic.ts";
import type { EndpointStore } from "./store.ts";

/**
 * The state that a rollback leads to. By default the last settled one: all traffic at one target, and another target or other settings than now. Where the
 * traffic is divided now, that is what the target would be without its arms. What was stopped stays stopped.
 */
export async function planRollback(
  store: Pick<EndpointStore, "findRevision" | "listRevisions">,
  now: Endpoint,
  to: number | null,
): Promise<Planned> {
  const found = to === null ? await findSettled(store, now) : await store.findRevision(now.name, to);
  if (found) {
    const traffic = keepFields(now.spec.traffic, toSettled(found.spec.traffic));
    return { spec: { ...found.spec, traffic, stop: now.spec.stop }, restores: found.restores };
  }
  const { name, revision } = now;
  throw new SlipwayError(
    "precondition_failed",
    to === null
      ? `${name} is at its first state; there is nothing to go back to.`
      : `${name} has no revision ${to}; "slipway history ${name}" lists them.`,
    { revision },
  );
}

async function findSettled(
  store: Pick<EndpointStore, "findRevision" | "listRevisions">,
  { name, revision, spec }: Endpoint,
): Promise<EndpointRevision | null> {
  const present = await store.findRevision(name, revision);
  const isDivided = !isSettled(spec);
  // What a rollback went back to has its own past.
  const before = isDivided ? revision : (present?.restores ?? revision);
  let cursor: string | null = null;
  do {
    const page: Page<EndpointRevision> = await store.listRevisions(name, { limit: 100, cursor });
    const found = page.items.find(
      (each) => each.revision < before && isSettled(each.spec) && (isDivided || isOther(each.spec, spec)),
    );
    if (found) return found;
    cursor = page.next;
  } while (cursor !== null);
  return null;
}

function isSettled({ traffic: { arms, rules, shadows } }: EndpointSpec): boolean {
  return arms.length === 0 && rules.length === 0 && shadows.length === 0;
}

function isOther(a: EndpointSpec, b: EndpointSpec): boolean {
  const pick = (spec: EndpointSpec) => JSON.stringify({ ...spec, traffic: null, stop: null });
  return pick(a) !== pick(b);
}
