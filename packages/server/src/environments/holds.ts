import { join } from "node:path";
import { takeLock } from "../platform/sql/index.ts";
import type { Layout } from "./layout.ts";

/** Which environments this process uses: others on the same folder do not take them away while it lives. */
export interface Holds {
  /** False where the environment is on its way out. */
  take(name: string): boolean;
  /** Does the work where no process uses the environment, this one, which no longer wants it, left aside; false: somebody does. */
  withoutOthers(name: string, work: () => Promise<void>): Promise<boolean>;
}

export function createHolds(layout: Layout): Holds {
  const held = new Map<string, () => void>();
  const pathOf = (name: string) => join(layout.locks, `${name}.used`);

  function take(name: string): boolean {
    if (held.has(name)) return true;
    const release = takeLock(pathOf(name), "shared");
    if (release === null) return false;
    held.set(name, release);
    return true;
  }

  return {
    take,
    async withoutOthers(name, work) {
      const mine = held.get(name);
      held.delete(name);
      mine?.();
      const release = takeLock(pathOf(name), "exclusive");
      if (release === null) {
        if (mine) take(name);
        return false;
      }
      try {
        await work();
      } finally {
        release();
      }
      return true;
    },
  };
}
