import type { Rollout } from "../rollout.ts";
import type { Stored } from "./counters/counter-tasks.ts";
import type { Looked } from "./rows/rows.ts";

/** All that one observation goes by. */
export interface Seen {
  readonly rollout: Rollout;
  readonly now: number;
  readonly stored: Stored;
  /** Why the counters are not what is on record; null: they are. */
  readonly countError: string | null;
  /** Null: nothing needs rows. */
  readonly looked: Looked | null;
  /** Revisions from this one on belong to the present step. */
  readonly stepFrom: number;
  /** The step's arm answers for nobody. */
  readonly isShadow: boolean;
  /** Since the step began, milliseconds. */
  readonly age: number;
  /** When this process began to look; whatever came before may have been missed. */
  readonly awakeFrom: number;
  /** After which labels no longer come; null: nobody knows. */
  readonly horizonMs: number | null;
  readonly windowMs: number;
  readonly window: readonly [from: number, to: number];
}

/** How long nothing need be there. */
export const graceMs = 30_000;

/** The last step that has traffic or a shadow: one for approval leaves both as they were. */
export function isShadowStep({ spec, status }: Rollout): boolean {
  return spec.steps.slice(0, status.step + 1).findLast(({ kind }) => kind !== "approve")?.kind === "shadow";
}
