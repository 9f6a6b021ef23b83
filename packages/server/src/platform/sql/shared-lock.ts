import { existsSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { SlipwayError } from "@slipway/contract";

/** Locks that are held: a forgotten handle would be collected, and the lock with it. */
const held = new Set<DatabaseSync>();
const file = "workers.lock";

/**
 * Says, until this process ends however it ends, that it still writes into a data folder whose lock its parent holds: a
 * shared SQLite lock, as many may have it.
 */
export function joinFolder(tmp: string): void {
  const database = new DatabaseSync(join(tmp, file), { timeout: 10_000 });
  database.exec("begin");
  database.prepare("select count(*) from sqlite_schema").get();
  held.add(database);
}

/**
 * Waits until no child process of a server that is no more writes into the folder: they end within about a second of it.
 * To be called by whoever holds the folder's lock, before it touches anything.
 * @throws SlipwayError `data_folder_locked`
 */
export function waitUntilAlone(tmp: string, timeoutMs = 10_000): void {
  const path = join(tmp, file);
  if (!existsSync(path)) return;
  const database = new DatabaseSync(path, { timeout: timeoutMs });
  try {
    database.exec("begin exclusive");
    database.exec("rollback");
  } catch (error) {
    if ((((error as { errcode?: number }).errcode ?? 0) & 0xff) !== 5) throw error;
    throw new SlipwayError(
      "data_folder_locked",
      `A child process of the server that used this data folder before does not end; it holds ${path}. End it, then start again.`,
      { file: path },
      error,
    );
  } finally {
    database.close();
  }
}
