import { constants, setPriority } from "node:os";

/**
 * A child that works in the background gets about a tenth of what serving gets where both want a processor: it slows answers
 * little and still comes to its end.
 */
export function yieldToServing(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // Gone already, or a system that does not allow it.
  }
}
