import type { InferenceRecord } from "@slipway/runtime/log";

/** Why a prediction cannot be run again, or not be compared. Closed: programs count by it. */
export type ReplayRefusal =
  | "redacted"
  | "erased"
  | "damaged"
  | "not_parsed"
  | "failed"
  | "fallback_value"
  | "no_version"
  | "version_not_found"
  | "version_removed"
  | "version_not_loaded"
  | "inputs_missing"
  | "inputs_refused"
  | "no_common_output"
  | "run_failed";

export interface Refusal {
  readonly reason: ReplayRefusal;
  /** A sentence. */
  readonly message: string;
}

/** What the record itself says against running it again; null: nothing. */
export function findRefusal(record: InferenceRecord): Refusal | null {
  const { redacted = [], error, fallback } = record;
  if (redacted.length > 0)
    return { reason: "redacted", message: `The values of ${redacted.join(", ")} were never written down.` };
  if (record.rows === 0 || record.inputs.length === 0)
    return { reason: "not_parsed", message: `The request was refused before the model saw it: ${error?.code ?? "?"}.` };
  if (record.status === "error" || record.outputs.length === 0)
    return { reason: "failed", message: `It was answered with ${error?.code ?? "an error"}; there is no output.` };
  if (record.status === "fallback" && fallback?.startsWith("value: "))
    return { reason: "fallback_value", message: "A constant of the endpoint's answered, not a model." };
  if (record.model === null || record.version === null)
    return { reason: "no_version", message: "The record does not say which version answered." };
  return null;
}
