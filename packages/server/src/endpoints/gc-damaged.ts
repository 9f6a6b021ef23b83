import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { SweepHow, Swept } from "./gc-swept.ts";

const folders = ["log", "blobs"];

/** Removes `*.damaged`, which a recovery or a check put aside, one folder below those of the data folder that may have some. */
export async function sweepDamaged(data: string, { dryRun, before, signal }: SweepHow): Promise<readonly Swept[]> {
  const swept: Swept[] = [];
  for (const top of folders)
    for (const middle of await list(join(data, top)))
      for (const name of (await list(join(data, top, middle))).filter((file) => file.endsWith(".damaged"))) {
        signal.throwIfAborted();
        const path = join(data, top, middle, name);
        const found = await stat(path).catch(() => null);
        if (found === null || found.mtimeMs >= before) continue;
        if (!dryRun) await rm(path, { force: true });
        swept.push({ name: `${top}/${middle}/${name}`, bytes: found.size });
      }
  return swept;
}

async function list(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return [];
    throw error;
  }
}
