import type { ModelVersion } from "../registry/index.ts";
import { sweepFolders, type SweptFolder } from "./loaded-folders.ts";
import { toLoadKey, type LoadSettings } from "./load-settings.ts";
import type { LoadedVersion } from "./loaded-version.ts";
import { createLoader, type ProveOptions, type ServingDeps } from "./loader.ts";
import type { Proof, ProofSubject } from "./prove-model.ts";

/** The versions that are in memory. A version is loaded once, however many endpoints use it. */
export interface Serving {
  /**
   * Loads a version or joins its load; each `acquire` needs one `release`. Every copy has answered the version's examples.
   * @throws SlipwayError `invalid_model`, `not_ready`, `parity_failed`, `damaged_blob`, `too_slow`
   */
  acquire(version: ModelVersion, settings: LoadSettings): Promise<LoadedVersion>;
  /** The same for what somebody has and has not released, at once; it needs one `release` more. */
  retain(loaded: LoadedVersion): void;
  /** See `proveModel`. */
  prove(subject: ProofSubject, signal?: AbortSignal): Promise<Proof>;
  /** The same for a version that is there, its files read anew. @throws SlipwayError `damaged_blob`, `blob_not_found` too */
  proveVersion(version: ModelVersion, options?: ProveOptions): Promise<Proof>;
  /** The last release lets the version answer what it has begun, then frees it. */
  release(loaded: LoadedVersion): Promise<void>;
  loaded(): readonly LoadedVersion[];
  /** Removes the laid out files of versions that are neither in memory nor on their way there; they can be laid out again. */
  sweep(options: { readonly dryRun: boolean }): Promise<readonly SweptFolder[]>;
  /** Whether a thread is inside of native code, which nothing can interrupt: an exit would wait for it, or crash on it. */
  busy(): boolean;
  /** Waits for what runs, not for what waits to run. */
  close(): Promise<void>;
}

interface Slot {
  users: number;
  readonly loading: Promise<LoadedVersion>;
}

/** What was begun longer ago than this is nobody's work any more. */
const longestLoadMs = 60 * 60_000;

export function createServing(deps: ServingDeps): Serving {
  const slots = new Map<string, Slot>();
  const ready = new Map<LoadedVersion, string>();
  /** All that has replicas, also those that answer their last requests. */
  const open = new Set<LoadedVersion>();
  const loader = createLoader(deps);

  async function load(version: ModelVersion, settings: LoadSettings): Promise<LoadedVersion> {
    const loaded = await loader.load(version, settings);
    open.add(loaded);
    return loaded;
  }

  function isUsed(versionId: string): boolean {
    if ([...open].some(({ version }) => version.id === versionId)) return true;
    return [...slots.keys()].some((key) => key.startsWith(`${versionId}/`));
  }

  async function unload(loaded: LoadedVersion): Promise<void> {
    await loaded.close();
    open.delete(loaded);
  }

  return {
    async acquire(version, settings) {
      const key = toLoadKey(version, settings);
      let slot = slots.get(key);
      if (!slot) {
        slot = { users: 0, loading: load(version, settings) };
        slots.set(key, slot);
      }
      slot.users++;
      try {
        const loaded = await slot.loading;
        ready.set(loaded, key);
        return loaded;
      } catch (error) {
        if (slots.get(key) === slot) slots.delete(key);
        throw error;
      }
    },
    retain(loaded) {
      const key = ready.get(loaded);
      const slot = key === undefined ? undefined : slots.get(key);
      if (slot) slot.users++;
    },
    prove: loader.prove,
    proveVersion: loader.proveVersion,
    async release(loaded) {
      const key = ready.get(loaded);
      const slot = key === undefined ? undefined : slots.get(key);
      if (!slot || --slot.users > 0) return;
      slots.delete(key!);
      ready.delete(loaded);
      await unload(loaded);
      deps.logger.info({ model: loaded.version.model, version: loaded.version.version }, "version unloaded");
    },
    loaded: () => [...ready.keys()],
    sweep: ({ dryRun }) => sweepFolders(deps.folder, isUsed, { dryRun, before: deps.clock.now() - longestLoadMs }),
    busy: () => loader.busy() || [...open].some(({ placement, inFlight }) => placement === "worker" && inFlight > 0),
    async close() {
      slots.clear();
      ready.clear();
      for (const loaded of open) loaded.abandon();
      await Promise.all([...open].map(unload));
    },
  };
}
