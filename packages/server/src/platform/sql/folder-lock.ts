import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { SlipwayError } from "@slipway/contract";

export interface FolderLock {
  /** Frees the folder. The operating system does the same when the process dies. */
  release(): void;
}

/** Locks that are held: a forgotten handle would be collected, and the lock with it. */
const held = new Set<DatabaseSync>();

/**
 * Takes the folder for this process alone: an exclusive SQLite transaction on `lock.db` that is held until release or
 * death, however the process dies. `server.pid` beside it names the holder for people; it decides nothing.
 * @throws SlipwayError `data_folder_locked` with the holder's pid
 */
export function lockFolder(folder: string): FolderLock {
  mkdirSync(folder, { recursive: true });
  const pidFile = join(folder, "server.pid");
  const database = new DatabaseSync(join(folder, "lock.db"), { timeout: 0 });
  try {
    database.exec("begin exclusive");
  } catch (error) {
    database.close();
    const errcode = (error as { errcode?: number }).errcode ?? 0;
    if ((errcode & 0xff) !== 5) throw error;
    throw lockedError(folder, readPid(pidFile), error);
  }
  held.add(database);
  writeFileSync(pidFile, `${process.pid}\n`);
  return {
    release() {
      if (!held.delete(database)) return;
      rmSync(pidFile, { force: true });
      database.close();
    },
  };
}

function lockedError(folder: string, pid: number | null, cause: unknown): SlipwayError {
  const holder = pid === null ? "another process" : `the process ${pid}`;
  return new SlipwayError(
    "data_folder_locked",
    `The data folder ${folder} is in use by ${holder}. Stop that one first, or give this one another folder with --data.`,
    { folder, pid },
    cause,
  );
}

function readPid(pidFile: string): number | null {
  try {
    const pid = Number.parseInt(readFileSync(pidFile, "utf8"), 10);
    return Number.isInteger(pid) ? pid : null;
  } catch {
    return null;
  }
}
