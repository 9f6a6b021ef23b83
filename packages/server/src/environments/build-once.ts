import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../kernel/clock.ts";
import { createId } from "../kernel/ids.ts";
import { takeLock } from "../platform/sql/index.ts";
import type { Watch } from "./environment.ts";
import type { Layout } from "./layout.ts";

const pollMs = 100;

/** Runs the work while no other work with that name runs, in whatever process. @throws the signal's reason */
export async function alone<T>(
  given: { readonly layout: Layout; readonly clock: Clock; readonly name: string } & Watch,
  work: () => Promise<T>,
): Promise<T> {
  const path = join(given.layout.locks, `${given.name}.lock`);
  let release = takeLock(path, "exclusive");
  if (release === null) given.onProgress?.("waiting for another deployment that makes the same environment");
  while (release === null) {
    await given.clock.sleep(pollMs, given.signal);
    given.signal?.throwIfAborted();
    release = takeLock(path, "exclusive");
  }
  try {
    return await work();
  } finally {
    release();
  }
}

/**
 * Makes a folder that appears whole or not at all, in place of one that is there. To be called with the name taken alone: what an earlier
 * attempt of that name has left is taken away.
 */
export async function buildFolder(
  given: { readonly layout: Layout; readonly name: string; readonly to: string },
  fill: (folder: string) => Promise<void>,
): Promise<void> {
  const { layout, name, to } = given;
  const draft = join(layout.temp, `${name}.${createId()}`);
  await removeDrafts(layout, name);
  await mkdir(layout.temp, { recursive: true });
  try {
    await fill(draft);
    await mkdir(join(to, ".."), { recursive: true });
    await removeFolder(layout, to);
    await rename(draft, to);
  } finally {
    await rm(draft, { recursive: true, force: true, maxRetries: 3 }).catch(() => {});
  }
}

/** It vanishes in one step, and then its files go. */
export async function removeFolder({ temp }: Layout, folder: string): Promise<void> {
  const gone = join(temp, `gone.${createId()}`);
  await mkdir(temp, { recursive: true });
  try {
    await rename(folder, gone);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  await rm(gone, { recursive: true, force: true, maxRetries: 3 });
}

/** What attempts that were cut have left: of one name, which is taken alone, or what was on its way out. */
async function removeDrafts({ temp }: Layout, name: string): Promise<void> {
  const left = await readdir(temp).catch(() => []);
  for (const entry of left)
    if (entry.startsWith(`${name}.`)) await rm(join(temp, entry), { recursive: true, force: true, maxRetries: 3 });
}
