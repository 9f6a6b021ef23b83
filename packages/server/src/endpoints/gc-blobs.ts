import type { BlobStore } from "../platform/blobs/index.ts";
import type { ModelVersion, Registry } from "../registry/index.ts";
import type { Artifacts } from "../tracking/index.ts";
import type { SweepHow, Swept } from "./gc-swept.ts";

export interface SweptBlobs {
  readonly gone: readonly Swept[];
  /** That nothing refers to and that stay. */
  readonly kept: { readonly count: number; readonly bytes: number };
  /** Addresses of deleted versions that lose a file. */
  readonly notReplayable: readonly string[];
}

/** Who needs blobs. */
export interface BlobUser extends Pick<Artifacts, "listReferenced" | "isReferenced"> {
  /** Lets go of what is of no version and no endpoint any more; `listReferenced` leaves it out already. */
  prune?(): Promise<void>;
}

interface Users {
  readonly blobs: BlobStore;
  readonly registry: Registry;
  /** Beside the versions. */
  readonly users: readonly BlobUser[];
}

/** Removes the blobs of no living version and no artifact; of deleted ones it is remembered, before the first file goes, that they lose files. */
export async function sweepBlobs(
  { blobs, registry, users: others }: Users,
  { dryRun, before, signal }: SweepHow,
  onProgress: (fraction: number) => void,
): Promise<SweptBlobs> {
  if (!dryRun) for (const user of others) await user.prune?.();
  const all: readonly Pick<BlobUser, "listReferenced" | "isReferenced">[] = [registry, ...others];
  const needed = new Set((await Promise.all(all.map((user) => user.listReferenced()))).flatMap((list) => [...list]));
  const deleted = groupByBlob(await registry.listDeleted());
  const gone: Swept[] = [];
  const lost = new Map<string, ModelVersion>();
  let [count, bytes] = [0, 0];

  const isReferenced = async (sha256: string) =>
    (await Promise.all(all.map((user) => user.isReferenced(sha256)))).includes(true);

  async function remove(sha256: string): Promise<boolean> {
    const users = (deleted.get(sha256) ?? []).filter((version) => !lost.has(version.id));
    const isNeeded = async () => {
      if (await isReferenced(sha256)) return true;
      if (blobs.isTaken(sha256)) return true;
      await registry.markCollected(users.map((version) => version.id));
      return false;
    };
    const removed = dryRun || (await blobs.remove(sha256, { before, isNeeded }));
    if (removed) for (const version of users) lost.set(version.id, version);
    return removed;
  }

  for await (const { sha256, size, changedAt } of blobs.list()) {
    signal.throwIfAborted();
    // They come in the order of their digests, which are spread evenly.
    onProgress(Number.parseInt(sha256.slice(0, 2), 16) / 256);
    if (needed.has(sha256)) continue;
    if (changedAt < before && !blobs.isTaken(sha256) && (await remove(sha256)))
      gone.push({ name: sha256, bytes: size });
    else [count, bytes] = [count + 1, bytes + size];
  }
  const notReplayable = [...lost.values()].map(({ model, version }) => `${model}@${version}`);
  return { gone, kept: { count, bytes }, notReplayable };
}

function groupByBlob(versions: readonly ModelVersion[]): Map<string, ModelVersion[]> {
  const users = new Map<string, ModelVersion[]>();
  for (const version of versions)
    for (const { sha256 } of version.files) users.set(sha256, [...(users.get(sha256) ?? []), version]);
  return users;
}
