import type { ResolvedInputs, Tensor } from "@slipway/runtime";

/** A request as its protocol's face parsed it. */
export interface ParsedRequest {
  /** The inputs as they go on record: columns by name, or the packed tensor where the caller sent that. */
  readonly tensors: readonly Tensor[];
  /** The same as the model takes them, held to the signature. */
  readonly resolved: ResolvedInputs;
  /** Named record fields that are no inputs, of each row. */
  readonly extra?: readonly (Readonly<Record<string, unknown>> | null)[];
  /** The caller's id of the request. */
  readonly requestId?: string;
  /** The time that the request itself allows for its answer, milliseconds. */
  readonly timeoutMs?: number;
}
