import type { GateResult } from "./observations.ts";
import type { Evidence } from "./verdict.ts";

/** What a tick last saw, for people. */
export interface Sight {
  readonly step: number;
  /** When the look began. Null: nothing was looked at in this step. */
  readonly lookedAt: number | null;
  readonly samples: number;
  readonly labels: number;
  readonly evidence: readonly Evidence[];
  readonly gates: readonly GateResult[] | null;
  readonly inForce: boolean;
  readonly trouble: string | null;
}
