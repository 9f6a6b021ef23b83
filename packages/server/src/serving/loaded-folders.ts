import { renameSync } from "node:fs";
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";

export interface SweptFolder {
  /** Of the version: its id. */
  readonly name: string;
  /** Of files that nothing else links to. */
  readonly bytes: number;
}

export interface SweepOptions {
  readonly dryRun: boolean;
  /** Half-made folders, and those of proofs, that changed at this time or later are somebody's work. Milliseconds since 1970. */
  readonly before: number;
}

const leaving = ".leaving";

/**
 * Removes the folders of versions that nobody uses: those of loaded versions are named by their ids, half-made ones and
 * those of proofs have more behind a dot. A folder is taken out of the way in the same turn in which it is found unused, so that whoever loads
 * the version from then on lays it out anew.
 */
export async function sweepFolders(
  folder: string,
  isUsed: (versionId: string) => boolean,
  { dryRun, before }: SweepOptions,
): Promise<readonly SweptFolder[]> {
  const swept: SweptFolder[] = [];
  for (const name of (await readdir(folder).catch(ignoreMissing)).toSorted()) {
    const path = join(folder, name);
    const isWhole = !name.includes(".");
    if (isWhole ? isUsed(name) : !name.endsWith(leaving) && (await changedAt(path)) >= before) continue;
    const bytes = await ownBytes(path);
    if (!dryRun && !(await take(path, () => isWhole && isUsed(name)))) continue;
    swept.push({ name, bytes });
  }
  return swept;
}

async function take(path: string, isUsed: () => boolean): Promise<boolean> {
  const away = path.endsWith(leaving) ? path : `${path}${leaving}`;
  if (isUsed()) return false;
  // Nothing is awaited between the question and the rename.
  if (away !== path && !renamed(path, away)) return false;
  await rm(away, { recursive: true, force: true });
  return true;
}

/** False where it is gone: whoever made it took it away, or gave it its name. */
function renamed(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}

async function ownBytes(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true }).catch(ignoreMissing);
  const stats = await Promise.all(entries.map((entry) => stat(join(folder, entry)).catch(() => null)));
  return stats.reduce((sum, found) => sum + (found?.isFile() === true && found.nlink === 1 ? found.size : 0), 0);
}

async function changedAt(path: string): Promise<number> {
  return (await stat(path).catch(() => null))?.mtimeMs ?? 0;
}

function ignoreMissing(error: NodeJS.ErrnoException): string[] {
  if (error.code === "ENOENT" || error.code === "ENOTDIR") return [];
  throw error;
}
