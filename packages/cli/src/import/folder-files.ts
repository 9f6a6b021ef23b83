import { existsSync } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import { toFields, toPairs, type Fields } from "./fields.ts";
import type { Pairs } from "./source.ts";

/** `meta.yaml` of a folder; null where there is none, or half a one that is just being written. */
export async function readMeta(folder: string): Promise<Fields | null> {
  try {
    return toFields(parse(await readFile(join(folder, "meta.yaml"), "utf8"), { intAsBigInt: false }));
  } catch {
    return null;
  }
}

/** Names of the folders within, sorted; none where there is no such folder. */
export async function listFolders(folder: string): Promise<readonly string[]> {
  if (!existsSync(folder)) return [];
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .toSorted();
}

/** Paths of the files below with slashes, sorted: a key with a slash is a file in a folder. */
export async function listFiles(folder: string): Promise<readonly string[]> {
  if (!existsSync(folder)) return [];
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .replaceAll("\\", "/"),
    )
    .toSorted();
}

/** A file for each key, whose text is the value. */
export async function readPairs(folder: string): Promise<Pairs> {
  const keys = await listFiles(folder);
  return toPairs(await Promise.all(keys.map(async (key) => [key, await readFile(join(folder, key), "utf8")] as const)));
}

/** Bytes of each file below, by its key. */
export async function readSizes(folder: string): Promise<readonly (readonly [key: string, bytes: number])[]> {
  const keys = await listFiles(folder);
  return Promise.all(keys.map(async (key) => [key, (await stat(join(folder, key))).size] as const));
}
