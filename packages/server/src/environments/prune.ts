import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../kernel/clock.ts";
import { removeFolder } from "./build-once.ts";
import { listBuilt, toListed, type BuiltEnvironment } from "./built-environments.ts";
import type { ListedEnvironment, Pruned } from "./environment.ts";
import type { Holds } from "./holds.ts";
import type { Layout } from "./layout.ts";

export interface PruneOptions {
  /** Hashes of the locks of all living versions. */
  readonly keep: ReadonlySet<string>;
  /** Milliseconds since 1970. Left out: however lately. */
  readonly olderThan?: number | undefined;
  readonly dryRun?: boolean | undefined;
}

/** Nothing takes longer to make. */
const leftMs = 24 * 3_600_000;

/** An environment that lies over another one goes with it, and first. */
export async function pruneEnvironments(
  { layout, holds, clock }: { readonly layout: Layout; readonly holds: Holds; readonly clock: Clock },
  { keep, olderThan, dryRun = false }: PruneOptions,
): Promise<Pruned> {
  const unneeded = (await listBuilt(layout)).filter(({ hash }) => !keep.has(hash));
  const removed: ListedEnvironment[] = [];
  const kept: BuiltEnvironment[] = [];
  for (const each of unneeded.toSorted((a, b) => Number(a.over === null) - Number(b.over === null))) {
    const isBelow = kept.some(({ over }) => over === each.name);
    const isOld = olderThan === undefined || each.lastUsedAt < olderThan;
    const gone =
      !isBelow && isOld && (dryRun || (await holds.withoutOthers(each.name, () => removeFolder(layout, each.folder))));
    if (gone) removed.push(toListed(each));
    else kept.push(each);
  }
  if (!dryRun) await removeLeft(layout, clock.now() - leftMs);
  const bytes = removed.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return { removed, kept: kept.map(toListed), bytes };
}

/** What processes that were killed have left unfinished. */
async function removeLeft({ temp }: Layout, before: number): Promise<void> {
  for (const name of await readdir(temp).catch(() => [])) {
    const path = join(temp, name);
    const found = await stat(path).catch(() => null);
    if (found !== null && found.mtimeMs < before) await rm(path, { recursive: true, force: true, maxRetries: 3 });
  }
}
