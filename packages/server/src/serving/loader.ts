import { examplesFile, type Replica } from "@slipway/runtime";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../kernel/clock.ts";
import { createId } from "../kernel/ids.ts";
import type { Logger } from "../kernel/logger.ts";
import type { BlobStore } from "../platform/blobs/index.ts";
import type { ModelVersion } from "../registry/index.ts";
import { requirePlacement, toPlacement, type LoadSettings } from "./load-settings.ts";
import { createBatchedVersion } from "./batched-version.ts";
import { toModelFiles, type FindRuntime } from "./find-runtime.ts";
import type { LoadedVersion } from "./loaded-version.ts";
import { openReplicas } from "./open-replicas.ts";
import { proveModel, readVersionExamples, type Proof, type ProofSubject } from "./prove-model.ts";
import { createLanes, type Lanes } from "./lanes.ts";
import { withinLimit } from "./within-limit.ts";

export interface ServingDeps {
  /** Where the files of loaded versions are laid out, a folder a version. */
  readonly folder: string;
  readonly blobs: BlobStore;
  readonly findRuntime: FindRuntime;
  readonly batchRows: number;
  /** What computes; by default one for this server. */
  readonly lanes?: Lanes;
  /** How long opening a version, its warm-up and its examples may take. 2 minutes. */
  readonly loadTimeoutMs?: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface ProveOptions {
  /** How it would be served. Left out: one copy where it runs best. */
  readonly settings?: LoadSettings;
  readonly signal?: AbortSignal;
  /** Told before each file is read. */
  readonly onFile?: (path: string) => void;
}

/** Brings versions into memory, for good or for a proof. */
export interface Loader {
  load(version: ModelVersion, settings: LoadSettings): Promise<LoadedVersion>;
  prove(subject: ProofSubject, signal?: AbortSignal): Promise<Proof>;
  proveVersion(version: ModelVersion, options?: ProveOptions): Promise<Proof>;
  /** Whether something is being opened, also what nobody waits for any more. */
  busy(): boolean;
}

export function createLoader(deps: ServingDeps): Loader {
  const { folder: root, blobs, clock, batchRows, logger, loadTimeoutMs = 120_000 } = deps;
  const lanes = deps.lanes ?? createLanes();
  let loads = 0;

  function counted<T>(work: Promise<T>): Promise<T> {
    loads++;
    return work.finally(() => loads--);
  }

  async function openAll(version: ModelVersion, folder: string, settings: LoadSettings): Promise<Replica[]> {
    const { signature } = version;
    const placement = toPlacement(version, settings);
    const what = nameOf(version);
    requirePlacement(what, version, settings);
    const readExamples = hasExamples(version) ? () => readVersionExamples(folder) : null;
    const { threads = 1 } = settings;
    const runtime = await deps.findRuntime({ program: version.program, placement, folder, threads });
    const files = toModelFiles(folder, version);
    const giveUp = new AbortController();
    const request = {
      runtime,
      files,
      signature,
      what,
      trained: version,
      settings,
      readExamples,
      batchRows,
      giveUp: giveUp.signal,
    };
    // Replicas in the event loop's thread would share that thread: one is as good as many.
    const about = logger.child({ model: version.model, version: version.version });
    const opening = counted(
      openReplicas(request, placement === "thread" ? 1 : settings.replicas, {
        clock,
        timeoutMs: loadTimeoutMs,
        logger: about,
      }),
    );
    const limit = { clock, timeoutMs: loadTimeoutMs, what, giveUp };
    return withinLimit(limit, opening, (late) => Promise.all(late.map((replica) => replica.close())));
  }

  async function load(version: ModelVersion, settings: LoadSettings): Promise<LoadedVersion> {
    const startedAt = clock.monotonic();
    const folder = join(root, version.id);
    await blobs.layout(version.files, folder);
    const replicas = await openAll(version, folder, settings);
    const loaded = await createBatchedVersion({ version, settings, replicas, lanes, batchRows, clock });
    const { model, version: number } = version;
    const { placement } = loaded;
    const ms = Math.round(clock.monotonic() - startedAt);
    logger.info({ model, version: number, placement, ms }, "version loaded");
    return loaded;
  }

  async function proveVersion(version: ModelVersion, options: ProveOptions): Promise<Proof> {
    const { settings = { replicas: 1 }, signal, onFile } = options;
    for (const { path, sha256 } of version.files) {
      signal?.throwIfAborted();
      onFile?.(path);
      await blobs.verify(sha256, { fresh: true });
    }
    // A folder of its own, so that nobody who loads or unloads the version has to know.
    const folder = join(root, `${version.id}.proof-${createId()}`);
    try {
      await blobs.layout(version.files, folder);
      const { entry, program, signature, placement, report } = version;
      const place = { what: nameOf(version), folder, entry, program, signature, placement, report };
      const subject = { ...place, settings, hasExamples: hasExamples(version) };
      return await proveModel({ ...deps, loadTimeoutMs }, subject, signal);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  return {
    load: (version, settings) => counted(load(version, settings)),
    prove: (subject, signal) => counted(proveModel({ ...deps, loadTimeoutMs }, subject, signal)),
    proveVersion: (version, options = {}) => counted(proveVersion(version, options)),
    busy: () => loads > 0,
  };
}

function nameOf({ model, version }: ModelVersion): string {
  return `${model}@${version}`;
}

function hasExamples({ files }: ModelVersion): boolean {
  return files.some(({ path }) => path === examplesFile);
}
