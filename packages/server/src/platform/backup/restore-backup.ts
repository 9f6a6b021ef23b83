import { mkdir, open, readdir, rename, rm, rmdir, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { SlipwayError } from "@slipway/contract";
import type { IncomingEntry } from "../archive/index.ts";
import { syncFolder } from "../blobs/index.ts";
import { lockFolder } from "../sql/index.ts";
import type { BackupHead } from "./backup-head.ts";
import { readBackup, type ReadBackupOptions } from "./read-backup.ts";

export type RestoreOptions = Omit<ReadBackupOptions, "take"> & {
  /** A new or an empty folder. */
  readonly folder: string;
};

/**
 * Makes a data folder of a backup. It is put together beside its place, in `FOLDER.restoring`, and moved there as the last
 * step, when every byte is proven and on the disk: until then, and after any crash, the folder is absent or empty.
 * @throws SlipwayError `precondition_failed` where the folder is not empty or cannot be replaced; `data_folder_locked` while
 * another restore works on it; and what `readBackup` throws
 */
export async function restoreBackup(options: RestoreOptions): Promise<BackupHead> {
  const folder = resolve(options.folder);
  await requireEmpty(folder);
  const draft = `${folder}.restoring`;
  const data = join(draft, "data");
  const lock = lockFolder(draft);
  try {
    // Of a restore that was killed.
    await rm(data, { recursive: true, force: true });
    await mkdir(data);
    const writer = createTreeWriter(data);
    const head = await readBackup({ ...options, take: writer.write });
    await writer.sync();
    await requireEmpty(folder);
    await moveInto(data, folder);
    return head;
  } finally {
    lock.release();
    await rm(draft, { recursive: true, force: true });
  }
}

async function requireEmpty(folder: string): Promise<void> {
  const inside = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    if (error.code === "ENOTDIR") throw refused(folder, `${folder} is no folder.`);
    throw error;
  });
  if (inside === null) return;
  if (inside.length > 0)
    throw refused(folder, `${folder} is not empty, and a restore never writes over anything. Name a new folder.`);
  const [own, above] = await Promise.all([stat(folder), stat(dirname(folder))]);
  if (own.dev !== above.dev) throw mountPoint(folder);
}

async function moveInto(data: string, folder: string): Promise<void> {
  try {
    await rmdir(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error;
    });
    await rename(data, folder);
  } catch (error) {
    if (["EBUSY", "EXDEV"].includes((error as NodeJS.ErrnoException).code ?? "")) throw mountPoint(folder);
    throw error;
  }
  await syncFolder(dirname(folder));
}

function mountPoint(folder: string): SlipwayError {
  return refused(
    folder,
    `${folder} is where a volume is mounted, so no folder can be moved to its place. Restore into one inside it: --data ${join(folder, "slipway")}.`,
  );
}

function refused(folder: string, message: string): SlipwayError {
  return new SlipwayError("precondition_failed", message, { folder });
}

/** Writes files below a folder; each is on the disk when its `write` resolves, its name after `sync`. */
function createTreeWriter(root: string) {
  const folders = new Set([root]);

  async function makeFolder(path: string): Promise<void> {
    if (folders.has(path)) return;
    await makeFolder(dirname(path));
    await mkdir(path, { recursive: true });
    folders.add(path);
  }

  return {
    async write({ name, chunks }: IncomingEntry): Promise<void> {
      const path = join(root, name);
      await makeFolder(dirname(path));
      const handle = await open(path, "wx", name.startsWith("blobs/") ? 0o444 : 0o644);
      try {
        for await (const chunk of chunks) await handle.writeFile(chunk);
        await handle.sync();
      } finally {
        await handle.close();
      }
    },
    async sync(): Promise<void> {
      for (const folder of folders) await syncFolder(folder);
    },
  };
}
