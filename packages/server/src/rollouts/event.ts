import type * as wire from "@slipway/contract";
import type { Phase } from "./rollout.ts";
import type { Evidence } from "./verdict.ts";

/** What `decide` says has happened; it has no number yet. */
export interface NewEvent {
  readonly kind: wire.RolloutEvent["kind"];
  /** Null: the rollout itself, or somebody unknown. */
  readonly actor: string | null;
  readonly from: Phase;
  readonly to: Phase;
  readonly step: number;
  /** A sentence. */
  readonly reason: string;
  readonly evidence: readonly Evidence[];
  readonly details: Readonly<Record<string, unknown>>;
}

/**
 * One thing that happened to a rollout. Events are never trimmed; `hash` is the SHA-256 of the canonical JSON of all else, in which `prevHash` is the
 * hash of the one before: who changes one has to change all that follow.
 */
export interface RolloutEvent extends NewEvent {
  readonly rollout: string;
  /** From 1, without gaps. */
  readonly seq: number;
  readonly at: number;
  readonly prevHash: string;
  readonly hash: string;
}
