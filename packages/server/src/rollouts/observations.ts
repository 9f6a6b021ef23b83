import type { Evidence, Verdict } from "./verdict.ts";

export const commandKinds = ["pause", "resume", "approve", "skip-step", "promote", "abort"] as const;
export type CommandKind = (typeof commandKinds)[number];

/** What a person asked for, in the order in which it came. */
export interface Command {
  readonly id: string;
  readonly kind: CommandKind;
  readonly actor: string | null;
  readonly message: string | null;
  readonly at: number;
}

export interface GateResult {
  readonly gate: string;
  readonly verdict: Verdict;
  readonly message: string;
  readonly evidence: Readonly<Record<string, unknown>>;
}

/**
 * What was seen when a tick began. It is all that `decide` knows of the world. To roll back, none of it is needed: where something cannot be seen it says so
 * (`error`, `null`), and nothing waits for it.
 */
export interface Observations {
  readonly commands: readonly Command[];
  /** The log's end was marked: what is counted from now on belongs to this rollout. */
  readonly ready: boolean;
  /** The endpoint's traffic is what the status asks for. */
  readonly inForce: boolean;
  /** The endpoint's revision now. */
  readonly revision: number;
  /** Somebody else has changed the target or the traffic since. */
  readonly changedBy: { readonly revision: number; readonly action: string; readonly actor: string | null } | null;
  /** Why the candidate's traffic could not be put in force; null: it could, or was not tried. */
  readonly trouble: string | null;
  /** Null: they still run. */
  readonly gates: readonly GateResult[] | null;
  /** When the look began that found what is below; null: nothing was looked at since the step began. */
  readonly lookedAt: number | null;
  /** Rows that the candidate answered in this step, or pairs of a shadow. */
  readonly samples: number;
  /** Labels that have come for them, of matured cohorts. */
  readonly labels: number;
  /** One for each guardrail, signal, limit, observed metric, the goal, and `srm`. */
  readonly evidence: readonly Evidence[];
}
