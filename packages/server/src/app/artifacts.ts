import type { Clock } from "../kernel/clock.ts";
import type { Lifecycle } from "../kernel/lifecycle.ts";
import type { BlobStore } from "../platform/blobs/index.ts";
import type { Sql } from "../platform/sql/index.ts";
import type { Registry } from "../registry/index.ts";
import { createArtifacts, type Artifacts } from "../tracking/index.ts";

interface Given {
  readonly sql: Sql;
  readonly blobs: BlobStore;
  readonly registry: Registry;
  readonly clock: Clock;
  readonly lifecycle: Lifecycle;
}

/** Artifacts, without what the last process was receiving when it ended. */
export async function openArtifacts({ registry, lifecycle, ...deps }: Given): Promise<Artifacts> {
  await deps.blobs.sweepReceived({ dryRun: false });
  const artifacts = createArtifacts({
    ...deps,
    findVersionFiles: async (model, version) => (await registry.findVersion(model, version))?.files ?? null,
  });
  const all = { before: Number.POSITIVE_INFINITY, dryRun: false };
  lifecycle.onStop("artifacts", async () => void (await artifacts.uploads.sweep(all)));
  return artifacts;
}
