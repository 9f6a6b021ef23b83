import type { Endpoints } from "../endpoints/index.ts";
import type { GateResult } from "./observations.ts";
import type { Rollout } from "./rollout.ts";
import type { Evidence } from "./verdict.ts";

/** What a rollout needs of endpoints. */
export type RolloutEndpoints = Pick<Endpoints, "require" | "listRevisions" | "checkServe" | "apply" | "setTraffic">;

/** What was counted and measured of both arms. */
export interface RolloutEvidence {
  /** Remembers where the log ends and what is frozen for the rollout. Idempotent. */
  start(rollout: Rollout): Promise<void>;
  /** Of the present step. May be slow, may fail: neither delays a way back. */
  observe(
    rollout: Rollout,
    now: number,
  ): Promise<{
    /** From when it is, where that is before `now`. */
    readonly at?: number;
    readonly samples: number;
    readonly labels: number;
    readonly evidence: readonly Evidence[];
  }>;
  /** The rollout has ended. Idempotent. */
  finish(rollout: string): Promise<void>;
}

/** The checks before the first step. */
export interface RolloutGates {
  /** Begins them, or goes on after a restart. Idempotent. */
  run(rollout: Rollout): Promise<void>;
  /** Null: they still run. */
  results(rollout: Rollout): Promise<readonly GateResult[] | null>;
  /** Ends those of a rollout that is over. */
  cancel(rollout: string): Promise<void>;
}
