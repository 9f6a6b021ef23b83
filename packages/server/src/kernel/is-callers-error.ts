import { errorTable, type ErrorCode } from "@slipway/contract/errors";

const callersKinds: ReadonlySet<string> = new Set([
  "invalid",
  "unauthenticated",
  "forbidden",
  "not_found",
  "too_large",
  "exhausted",
  "cancelled",
]);

/** Whether a request failed for a reason on the caller's side. A code that is not known here is ours. */
export function isCallersError(code: string): boolean {
  return callersKinds.has(errorTable[code as ErrorCode]?.kind ?? "internal");
}
