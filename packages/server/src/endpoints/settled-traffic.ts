import { listDecidingFields } from "./divide.ts";
import { undivided, type TrafficSettings } from "./endpoint.ts";

/** All traffic is the target's, and what callers sent for what was before is still accepted. */
export function toSettled(before: TrafficSettings): TrafficSettings {
  return keepFields(before, undivided);
}

/** `next`, where callers may send all that `before` let them send: how traffic is divided is no matter of theirs. */
export function keepFields(before: TrafficSettings, next: TrafficSettings): TrafficSettings {
  const { fields = [], ...rest } = next;
  const own = new Set(listDecidingFields(next));
  const kept = [...listDecidingFields(before), ...(before.fields ?? []), ...fields].filter((field) => !own.has(field));
  return kept.length === 0 ? rest : { ...rest, fields: [...new Set(kept)].toSorted() };
}
