import type { Rollout } from "@slipway/contract";
import { exitCodes, type ExitCode } from "../exit-codes.ts";

const codes: Readonly<Record<Rollout["phase"], ExitCode | null>> = {
  pending: null,
  gating: null,
  stepping: null,
  promoting: null,
  reporting: null,
  rolling_back: null,
  cancelling: null,
  succeeded: exitCodes.ok,
  rolled_back: exitCodes.rolledBack,
  rejected: exitCodes.rejected,
  cancelled: exitCodes.abandoned,
  superseded: exitCodes.abandoned,
};

/** How a rollout ended, for whoever called; null: it has not. */
export function endCode({ phase }: Pick<Rollout, "phase">): ExitCode | null {
  return codes[phase];
}

/** Whether nobody but a person moves it on: time or traffic will not. */
export function waitsForPerson({ active, paused, held, phase }: Rollout): boolean {
  if (!active || phase === "rolling_back" || phase === "cancelling") return false;
  return paused || held?.for_person === true;
}
