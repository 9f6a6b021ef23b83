import type { Signature } from "@slipway/runtime";
import { listDecidingFields } from "./divide.ts";
import type { EndpointSpec, TrafficSettings } from "./endpoint.ts";

/** What callers have to know of fields that decide and are no inputs: before and elsewhere they are refused. */
export function listFieldNotes(
  { log }: Pick<EndpointSpec, "log">,
  { inputs }: Pick<Signature, "inputs">,
  traffic: Pick<TrafficSettings, "unit" | "rules">,
): string[] {
  const known = new Set([...inputs.map(({ name }) => name), ...log.fields, ...(log.key === null ? [] : [log.key])]);
  const fields = new Set(listDecidingFields({ ...traffic, seed: "", arms: [], shadows: [] }));
  return [...fields]
    .filter((field) => !known.has(field))
    .map(
      (field) =>
        `${field} is no input of the version that serves: callers may send it only while or after traffic is divided by it, and before they are refused. Name it in log.fields of slipway.yaml, and they may send it always.`,
    );
}
