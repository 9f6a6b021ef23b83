import { readdir, readFile, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ListedEnvironment } from "./environment.ts";
import { pythonOf, type Layout } from "./layout.ts";
import type { Interpreter } from "./interpreters.ts";
import { findOver, parseLock, type Lock } from "./lock.ts";

/** A file that each whole environment has. */
interface EnvironmentRecord {
  readonly format: 1;
  readonly hash: string;
  readonly python: string;
  readonly interpreter: string;
  readonly packages: number;
  readonly size_bytes: number;
  /** Milliseconds since 1970. */
  readonly created_at: number;
}

const recordFile = "slipway-environment.json";
const lockCopy = "slipway-lock.txt";
/** Its time is that of the last use. */
const usedFile = "slipway-used";

/** Folder name: the lock and what it was built for. */
export function nameOf(lock: Pick<Lock, "hash">, interpreter: Pick<Interpreter, "key">): string {
  return `${lock.hash.slice(0, 24)}-${interpreter.key}`;
}

export interface BuiltEnvironment extends ListedEnvironment {
  /** Of the folder, which lies in `built`. */
  readonly name: string;
  readonly lock: Lock;
  /** Path of the Python that it was made with. */
  readonly interpreter: string;
}

/** The last thing that is written into an environment before it appears. */
export async function writeRecord(
  folder: string,
  given: {
    readonly lock: Lock;
    readonly interpreter: Interpreter;
    readonly packages: number;
    sizeBytes: number;
    at: number;
  },
): Promise<void> {
  const record: EnvironmentRecord = {
    format: 1,
    hash: given.lock.hash,
    python: given.interpreter.version.join("."),
    interpreter: given.interpreter.path,
    packages: given.packages,
    size_bytes: given.sizeBytes,
    created_at: given.at,
  };
  await writeFile(join(folder, lockCopy), given.lock.text);
  await writeFile(join(folder, usedFile), "");
  await writeFile(join(folder, recordFile), `${JSON.stringify(record)}\n`);
}

export async function markUsed({ folder }: { readonly folder: string }, at: number): Promise<void> {
  await utimes(join(folder, usedFile), at / 1000, at / 1000).catch(() => {});
}

/** Newest first; what is no environment of this format is passed over. */
export async function listBuilt(layout: Layout): Promise<readonly BuiltEnvironment[]> {
  const names = await readdir(layout.built).catch(() => []);
  const found = await Promise.all(names.map((name) => readBuilt(layout, name)));
  return found.filter((each) => each !== null).toSorted((a, b) => b.createdAt - a.createdAt);
}

export async function readBuilt(layout: Layout, name: string): Promise<BuiltEnvironment | null> {
  const folder = join(layout.built, name);
  try {
    const record = JSON.parse(await readFile(join(folder, recordFile), "utf8")) as EnvironmentRecord;
    if (record.format !== 1) return null;
    const lock = parseLock(await readFile(join(folder, lockCopy), "utf8"));
    const used = await stat(join(folder, usedFile));
    return {
      name,
      lock,
      interpreter: record.interpreter,
      hash: record.hash,
      folder,
      python: pythonOf(folder),
      pythonVersion: record.python,
      packages: record.packages,
      sizeBytes: record.size_bytes,
      createdAt: record.created_at,
      lastUsedAt: Math.round(used.mtimeMs),
      over: findOver(lock),
    };
  } catch {
    return null;
  }
}

export function toListed({
  lock: _lock,
  name: _name,
  interpreter: _interpreter,
  ...listed
}: BuiltEnvironment): ListedEnvironment {
  return listed;
}
