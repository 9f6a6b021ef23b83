import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";

/** What to put before a command so that it stays on one core; nothing where that cannot be done. */
export function pinTo(core: number): readonly string[] {
  return canPin() ? ["taskset", "-c", String(core)] : [];
}

let possible: boolean | null = null;

export function canPin(): boolean {
  possible ??= availableParallelism() > 1 && spawnSync("taskset", ["-c", "1", "true"]).status === 0;
  return possible;
}
