import { chownSync, mkdirSync, mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { ProcessUser } from "./guarded-process.ts";

/** A folder for one life of a process, which it finds as its home and for what it keeps for a while. */
export interface ProcessHome {
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  remove(): void;
}

export function makeHome(below: string, user: ProcessUser | undefined): ProcessHome {
  mkdirSync(below, { recursive: true });
  const folder = mkdtempSync(join(below, "model-"));
  if (user) chownSync(folder, user.uid, user.gid);
  return {
    folder,
    environment: { HOME: folder, TMPDIR: folder, TMP: folder, TEMP: folder },
    // What is left after a crash goes at the next start, with all of tmp/.
    remove: () => void rm(folder, { recursive: true, force: true, maxRetries: 3 }).catch(() => {}),
  };
}
