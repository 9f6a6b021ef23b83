import { constants, setPriority } from "node:os";

/** A child that works in the background gets a tenth of what serving gets where both want a processor, so it slows predictions little and still comes to its end. */
export function yieldToServing(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // Gone already, or a system that does not allow it.
  }
}
