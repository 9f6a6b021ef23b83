import { listFrequent } from "@slipway/statistics/sketches";
import type { SliceSetting } from "../settings.ts";
import type { Profile } from "./profile.ts";

/** A named part of the traffic: rows whose column has one of some values, or a number of a range. */
export interface Slice {
  readonly name: string;
  readonly column: string;
  readonly match:
    | { readonly values: readonly string[] }
    /** From inclusive, to exclusive; null: no bound. */
    | { readonly from: number | null; readonly to: number | null };
}

const mostFrequent = 10;

/** Settings that name no values are of the most frequent ones of the reference; without one there are none yet. */
export function toSlices(settings: readonly SliceSetting[], reference: Profile | null): Slice[] {
  return settings.flatMap<Slice>(({ name, column, values, from, to }) => {
    if (from !== null || to !== null) {
      const range = `${column}=${from ?? ""}..${to ?? ""}`;
      return [{ name: name ?? range, column, match: { from, to } }];
    }
    if (name !== null && values !== null) return [{ name, column, match: { values } }];
    return (values ?? listValues(reference, column)).map((value) => ({
      name: `${column}=${value}`,
      column,
      match: { values: [value] },
    }));
  });
}

function listValues(reference: Profile | null, column: string): string[] {
  const frequent = reference?.columns.find(({ name }) => name === column)?.frequent;
  return frequent ? listFrequent(frequent, mostFrequent).map(({ value }) => value) : [];
}
