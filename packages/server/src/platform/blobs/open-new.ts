import { mkdir, open, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";

/** A file that was not there, in a folder that may not have been there. */
export function openNew(path: string): Promise<FileHandle> {
  return open(path, "wx+", 0o644).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
    await mkdir(dirname(path), { recursive: true });
    return open(path, "wx+", 0o644);
  });
}
