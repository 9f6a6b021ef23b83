import { SlipwayError } from "@slipway/contract/errors";

/** What MLflow gives where nothing is asked, and at most. */
const defaultResults = 1000;
const maxResults = 50_000;

/** @throws SlipwayError `invalid_request` */
export function checkMaxResults(given: number | null, otherwise = defaultResults, most = maxResults): number {
  const wanted = given ?? otherwise;
  if (!Number.isSafeInteger(wanted) || wanted < 1) throw tooMany(wanted, "It must be a positive integer");
  if (wanted > most) throw tooMany(wanted, `It must be at most ${most}`);
  return wanted;
}

function tooMany(value: number, why: string): SlipwayError {
  return new SlipwayError("invalid_request", `Invalid value ${value} for parameter 'max_results' supplied. ${why}`);
}

export type View = "ACTIVE_ONLY" | "DELETED_ONLY" | "ALL";

export const lifecyclesOf = {
  ACTIVE_ONLY: ["active"],
  DELETED_ONLY: ["deleted"],
  ALL: ["active", "deleted"],
} as const satisfies Readonly<Record<View, readonly ("active" | "deleted")[]>>;
