import type { Endpoints } from "../../endpoints/index.ts";
import type { Logger } from "../../kernel/logger.ts";
import type { BlobStore } from "../../platform/blobs/index.ts";
import type { Registry } from "../../registry/index.ts";
import type { Watched } from "../watched.ts";
import type { KeptReference, ReferenceStore } from "./store.ts";

export interface ForgettingDeps {
  readonly blobs: Pick<BlobStore, "remove">;
  readonly registry: Pick<Registry, "findRecorded">;
  readonly endpoints: Pick<Endpoints, "snapshot">;
  /** Somebody beside the references refers to a blob. */
  readonly isBlobNeeded: (sha256: string) => Promise<boolean>;
  readonly logger: Logger;
}

export interface Forgetting {
  /** What was made of the endpoint's predictions, with its rows. It may be done again. */
  forgetPredictions(endpoint: string): Promise<void>;
  /** Tells from now on whether predictions of the endpoint were erased since. */
  watchErasing(endpoint: string): () => boolean;
  /** At once, unless somebody refers to it or reads it now. */
  removeSample(sha256: string): Promise<void>;
  /** Those of versions that were deleted and of endpoints that are gone. */
  prune(): Promise<void>;
  /** The samples of all others. */
  listNeeded(): Promise<ReadonlySet<string>>;
}

/** How references go. */
export function createForgetting(deps: ForgettingDeps, store: ReferenceStore): Forgetting {
  const { blobs, registry, endpoints, isBlobNeeded, logger } = deps;
  const erased = new Map<string, number>();
  const timesErased = (endpoint: string) => erased.get(endpoint) ?? 0;

  async function removeUnless(sha256: string, isKept: () => Promise<boolean>): Promise<void> {
    const isNeeded = async () => (await isKept()) || (await isBlobNeeded(sha256));
    const removed = await blobs.remove(sha256, { before: Number.POSITIVE_INFINITY, isNeeded });
    if (!removed) logger.info({ sha256 }, "the sample of a reference that went is in use; gc takes it");
  }

  async function isUnwanted({ endpoint, model, version }: Watched): Promise<boolean> {
    if (!endpoints.snapshot().routes.has(endpoint)) return true;
    const recorded = await registry.findRecorded(model, version);
    return recorded === null || recorded.version.deletedAt !== null;
  }

  return {
    async forgetPredictions(endpoint) {
      erased.set(endpoint, timesErased(endpoint) + 1);
      const isGoing = ({ watched, source }: KeptReference) => watched.endpoint === endpoint && source === "predictions";
      for (const { watched, sample } of (await store.listKept()).filter(isGoing)) {
        // The rows first: a crash before the reference is gone has all of it done again.
        await removeUnless(sample, async () =>
          (await store.listKept()).some((kept) => kept.sample === sample && !isGoing(kept)),
        );
        await store.remove(watched);
      }
    },
    watchErasing(endpoint) {
      const before = timesErased(endpoint);
      return () => timesErased(endpoint) !== before;
    },
    removeSample: (sha256) => removeUnless(sha256, () => store.isSample(sha256)),
    async prune() {
      for (const { watched } of await store.listKept()) if (await isUnwanted(watched)) await store.remove(watched);
    },
    async listNeeded() {
      const needed = new Set<string>();
      for (const { watched, sample } of await store.listKept()) if (!(await isUnwanted(watched))) needed.add(sample);
      return needed;
    },
  };
}
