import type { GcResult } from "@slipway/contract";
import type { Clock } from "../kernel/clock.ts";
import type { Maintenance } from "../kernel/maintenance.ts";
import type { BlobStore } from "../platform/blobs/index.ts";
import type { Operation, Operations, RunContext } from "../platform/queue/index.ts";
import type { Registry } from "../registry/index.ts";
import type { Serving } from "../serving/index.ts";
import { sweepBlobs } from "./gc-blobs.ts";
import { sweepDamaged } from "./gc-damaged.ts";
import type { Swept } from "./gc-swept.ts";

export interface GcDeps {
  /** The data folder. */
  readonly folder: string;
  readonly blobs: BlobStore;
  readonly operations: Operations;
  readonly registry: Registry;
  readonly serving: Serving;
  readonly maintenance: Maintenance;
  readonly clock: Clock;
}

export interface GcOptions {
  readonly dryRun: boolean;
  /** What changed within this time stays. */
  readonly olderThanMs: number;
  /** Operations that ended within this time stay. */
  readonly operationsOlderThanMs: number;
}

/**
 * Starts the operation that takes away what nothing needs: no living version, no deployment or replay that runs, no upload
 * of late. It can be killed anywhere; the next one finishes what is left.
 */
export type CollectGarbage = (options: GcOptions) => Promise<Operation>;

export function createGc(deps: GcDeps): CollectGarbage {
  const { operations, maintenance } = deps;
  return (options) =>
    operations.start("gc", "gc", (context) =>
      maintenance.exclusive("gc", () => collect(deps, options, context), context.signal),
    );
}

async function collect(
  { folder, blobs, operations, registry, serving, clock }: GcDeps,
  { dryRun, olderThanMs, operationsOlderThanMs }: GcOptions,
  { progress, signal }: RunContext,
): Promise<GcResult> {
  const now = clock.now();
  const how = { dryRun, before: now - olderThanMs, signal };
  progress("loaded", "looking for laid out files of versions that are not in memory", 0);
  const loadedFolders = await serving.sweep(how);
  const swept = await sweepBlobs({ blobs, registry }, how, (done) =>
    progress("blobs", "looking for files of no living version", 0.1 + 0.7 * done),
  );
  progress("uploads", "looking for uploads that were given up", 0.8);
  const partials: Swept[] = [];
  for await (const { sha256, size, changedAt } of blobs.listPartials()) {
    signal.throwIfAborted();
    if (changedAt < how.before && (dryRun || (await blobs.dropPartial(sha256))))
      partials.push({ name: sha256, bytes: size });
  }
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
    kept: swept.kept,
    not_replayable: swept.notReplayable.slice(0, 100),
  };
}

function toPart(swept: readonly Swept[]): GcResult["blobs"] {
  return {
    count: swept.length,
    bytes: swept.reduce((sum, { bytes }) => sum + bytes, 0),
    examples: swept.slice(0, 10).map(({ name }) => name),
  };
}
