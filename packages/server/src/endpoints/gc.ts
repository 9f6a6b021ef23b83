import type { GcResult } from "@slipway/contract";
import type { Clock } from "../kernel/clock.ts";
import type { Maintenance } from "../kernel/maintenance.ts";
import type { BlobStore } from "../platform/blobs/index.ts";
import type { Operation, Operations, RunContext } from "../platform/queue/index.ts";
import type { Registry } from "../registry/index.ts";
import type { Serving } from "../serving/index.ts";
import type { Artifacts, Collected, Removal } from "../tracking/index.ts";
import { sweepBlobs, type BlobUser } from "./gc-blobs.ts";
import { sweepDamaged } from "./gc-damaged.ts";
import type { SweepHow, Swept } from "./gc-swept.ts";

export interface GcDeps {
  /** The data folder. */
  readonly folder: string;
  readonly blobs: BlobStore;
  readonly operations: Operations;
  readonly registry: Registry;
  readonly serving: Serving;
  readonly artifacts: Artifacts;
  /** Who else needs blobs. */
  readonly blobUsers: readonly BlobUser[];
  readonly removal: Removal;
  readonly maintenance: Maintenance;
  readonly clock: Clock;
}

export interface GcOptions {
  readonly dryRun: boolean;
  /** What changed within this time stays. */
  readonly olderThanMs: number;
  /** Experiments, runs and logged models that were deleted within this time stay. */
  readonly deletedOlderThanMs: number;
  /** Operations that ended within this time stay. */
  readonly operationsOlderThanMs: number;
}

/**
 * Starts the operation that takes away what nothing needs: no living version, no artifact, no deployment or replay that runs, no
 * upload of late; and for ever what was deleted from tracking long ago. It can be killed anywhere; the next one finishes what is left.
 */
export type CollectGarbage = (options: GcOptions) => Promise<Operation>;

export function createGc(deps: GcDeps): CollectGarbage {
  const { operations, maintenance } = deps;
  return (options) =>
    operations.start("gc", "gc", (context) =>
      maintenance.exclusive("gc", () => collect(deps, options, context), context.signal),
    );
}

async function collect(deps: GcDeps, options: GcOptions, { progress, signal }: RunContext): Promise<GcResult> {
  const { folder, blobs, operations, registry, artifacts, blobUsers, serving, clock } = deps;
  const { dryRun, olderThanMs, operationsOlderThanMs } = options;
  const now = clock.now();
  const how = { dryRun, before: now - olderThanMs, signal };
  progress("loaded", "looking for laid out files of versions that are not in memory", 0);
  const loadedFolders = await serving.sweep(how);
  const deleted = await deps.removal.collect({
    ...how,
    before: now - options.deletedOlderThanMs,
    origins: await registry.listOrigins(),
    onProgress: (done) =>
      progress("deleted", "looking for runs and models that were deleted long ago", 0.1 + 0.2 * done),
  });
  const swept = await sweepBlobs({ blobs, registry, users: [artifacts, ...blobUsers] }, how, (done) =>
    progress("blobs", "looking for files of no living version and no artifact", 0.3 + 0.5 * done),
  );
  progress("uploads", "looking for uploads that were given up", 0.8);
  const partials = await sweepUploads(deps, how);
  progress("damaged", "looking for damaged files that were put aside", 0.9);
  const damaged = await sweepDamaged(folder, how);
  const ended = await operations.prune(now - operationsOlderThanMs, { dryRun });
  const parts = {
    blobs: toPart(swept.gone),
    partial_uploads: toPart(partials),
    loaded_folders: toPart(loadedFolders),
    damaged_files: toPart(damaged),
    operations: toPart(ended.map((name) => ({ name, bytes: 0 }))),
  };
  return {
    dry_run: dryRun,
    older_than_ms: olderThanMs,
    bytes: Object.values(parts).reduce((sum, part) => sum + part.bytes, 0),
    ...parts,
    ...toDeletedParts(deleted),
    kept: swept.kept,
    not_replayable: swept.notReplayable.slice(0, 100),
  };
}

async function sweepUploads({ blobs, artifacts }: GcDeps, how: SweepHow): Promise<readonly Swept[]> {
  const partials: Swept[] = [];
  for await (const { sha256, size, changedAt } of blobs.listPartials()) {
    how.signal.throwIfAborted();
    if (changedAt < how.before && (how.dryRun || (await blobs.dropPartial(sha256))))
      partials.push({ name: sha256, bytes: size });
  }
  return [...partials, ...(await artifacts.uploads.sweep(how)), ...(await blobs.sweepReceived(how))];
}

function toDeletedParts({ experiments, runs, loggedModels, kept }: Collected) {
  const part = ({ ids, bytes }: Collected["runs"]) => ({ count: ids.length, bytes, examples: ids.slice(0, 10) });
  return {
    experiments: part(experiments),
    runs: part(runs),
    logged_models: part(loggedModels),
    deleted_kept: kept,
  };
}

function toPart(swept: readonly Swept[]): GcResult["blobs"] {
  return {
    count: swept.length,
    bytes: swept.reduce((sum, { bytes }) => sum + bytes, 0),
    examples: swept.slice(0, 10).map(({ name }) => name),
  };
}
