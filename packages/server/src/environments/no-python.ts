import { SlipwayError } from "@slipway/contract";
import type { Interpreters } from "./interpreters.ts";

/** There is no Python that will do. */
export async function noPython(given: {
  readonly interpreters: Interpreters;
  /** The range that was asked for; null: any from 3.8 on. */
  readonly wanted: string | null;
  /** Why uv could not fetch it; null: it was not asked. */
  readonly tried: string | null;
}): Promise<SlipwayError> {
  const { interpreters, wanted, tried } = given;
  const named = wanted === null ? "Python 3.8 or later" : `Python ${wanted}`;
  const where = await interpreters.describe();
  const fetched = tried === null ? "" : ` Fetching it failed: ${tried.slice(0, 400).replace(/\.$/, "")}.`;
  const other = wanted === null ? "" : ", or name another one in slipway.yaml (model.environment.python)";
  return new SlipwayError(
    "precondition_failed",
    `${named} is needed and is not on this machine: Slipway ${where}.${fetched} Install it so that the server finds it on its PATH${other}.`,
    { python: wanted },
  );
}
