import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** Locks that are held: a forgotten handle would be collected, and the lock with it. */
const held = new Set<DatabaseSync>();

/** `exclusive`: nobody else has it. `shared`: as many as want to, while nobody has it alone. */
export type LockMode = "exclusive" | "shared";

/**
 * Takes the lock that the file stands for, among all processes that use it, or says at once that it is taken. The operating
 * system frees it when this process ends, however it ends. Returns what frees it; null where it is taken.
 */
export function takeLock(path: string, mode: LockMode): (() => void) | null {
  mkdirSync(dirname(path), { recursive: true });
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    if (mode === "exclusive") database.exec("begin exclusive");
    else {
      database.exec("begin");
      database.prepare("select count(*) from sqlite_schema").get();
    }
  } catch (error) {
    database.close();
    if ((((error as { errcode?: number }).errcode ?? 0) & 0xff) === 5) return null;
    throw error;
  }
  held.add(database);
  return () => {
    if (held.delete(database)) database.close();
  };
}
