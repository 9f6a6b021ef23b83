import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { createPathSet } from "../blobs/index.ts";

export interface FolderFile {
  /** Relative, with "/" between the folders. */
  readonly name: string;
  readonly path: string;
}

/**
 * What a backup leaves out: what is made again at a start, what belongs to this process, and the database, of which a
 * snapshot is taken. Everything else is in it, whoever put it there.
 */
const leftOut = new Set([
  "slipway.db",
  "slipway.db-wal",
  "slipway.db-shm",
  "slipway.db-journal",
  "lock.db",
  "lock.db-journal",
  "server.pid",
  "loaded",
  "logs",
  "tmp",
  "blobs/partial",
  // Environments are made again from the locks of the versions.
  "envs",
  "lake/tmp",
  "lost+found",
]);

/** The files of a data folder in the order of their names; those with a name that no restore would take go to `onRefused`. */
export async function listFiles(folder: string, onRefused: (name: string) => void): Promise<readonly FolderFile[]> {
  const files: FolderFile[] = [];
  const paths = createPathSet();
  async function walk(below: string): Promise<void> {
    for (const entry of await readFolder(join(folder, below))) {
      const name = below === "" ? entry.name : `${below}/${entry.name}`;
      if (leftOut.has(name) || name.startsWith("slipway.json.")) continue;
      const path = join(folder, name);
      // A folder of its own may lie on another disk.
      const found = entry.isSymbolicLink() && below === "" ? await stat(path) : entry;
      if (found.isDirectory()) await walk(name);
      else if (found.isFile() && isGood(name)) files.push({ name, path });
    }
  }
  function isGood(name: string): boolean {
    try {
      paths.add(name);
      return true;
    } catch {
      onRefused(name);
      return false;
    }
  }
  await walk("");
  return files;
}

async function readFolder(folder: string) {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  return entries.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
