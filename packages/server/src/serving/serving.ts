import { join } from "node:path";
import { SlipwayError } from "@slipway/contract";
import { createBatcher, warmUp, type Placement, type Runtime } from "@slipway/runtime";
import type { Clock } from "../kernel/clock.ts";
import type { Logger } from "../kernel/logger.ts";
import type { BlobStore } from "../platform/blobs/index.ts";
import type { ModelVersion } from "../registry/index.ts";
import { createLoadedVersion, type LoadedVersion } from "./loaded-version.ts";

export interface ServingDeps {
  /** Where the files of loaded versions are laid out, a folder a version. */
  readonly folder: string;
  readonly blobs: BlobStore;
  readonly runtimes: Readonly<Partial<Record<Placement, Runtime>>>;
  readonly batchRows: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The versions that are in memory. A version is loaded once, however many endpoints use it. */
export interface Serving {
  /**
   * Loads a version or joins its load; each `acquire` needs one `release`.
   * @throws SlipwayError `invalid_model`, `not_ready`
   */
  acquire(version: ModelVersion, replicas: number): Promise<LoadedVersion>;
  /** The last release lets the version answer what it has begun, then frees it. */
  release(loaded: LoadedVersion): Promise<void>;
  loaded(): readonly LoadedVersion[];
  /** Whether a thread is inside of native code, which nothing can interrupt: an exit would wait for it, or crash on it. */
  busy(): boolean;
  /** Waits for what runs, not for what waits to run. */
  close(): Promise<void>;
}

interface Slot {
  users: number;
  readonly loading: Promise<LoadedVersion>;
}

export function createServing(deps: ServingDeps): Serving {
  const slots = new Map<string, Slot>();
  const ready = new Map<LoadedVersion, string>();
  /** All that has replicas, also those that answer their last requests. */
  const open = new Set<LoadedVersion>();
  let loads = 0;

  async function load(version: ModelVersion, replicas: number): Promise<LoadedVersion> {
    const runtime = deps.runtimes[version.placement];
    if (!runtime) throw new SlipwayError("unimplemented", `The placement "${version.placement}" is not built yet.`);
    const startedAt = deps.clock.monotonic();
    const folder = join(deps.folder, version.id);
    await deps.blobs.layout(version.files, folder);
    const opened = await openReplicas(deps, runtime, { version, folder, replicas });
    deps.logger.info(
      {
        model: version.model,
        version: version.version,
        placement: version.placement,
        ms: Math.round(deps.clock.monotonic() - startedAt),
      },
      "version loaded",
    );
    const loaded = createLoadedVersion(version, opened);
    open.add(loaded);
    return loaded;
  }

  async function unload(loaded: LoadedVersion): Promise<void> {
    await loaded.close();
    open.delete(loaded);
  }

  return {
    async acquire(version, replicas) {
      const key = `${version.id}/${version.placement === "thread" ? 1 : replicas}`;
      let slot = slots.get(key);
      if (!slot) {
        loads++;
        slot = { users: 0, loading: load(version, replicas).finally(() => loads--) };
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
    busy: () => loads > 0 || [...open].some(({ version, inFlight }) => version.placement !== "thread" && inFlight > 0),
    async close() {
      slots.clear();
      ready.clear();
      for (const loaded of open) loaded.abandon();
      await Promise.all([...open].map(unload));
    },
  };
}

/** All copies of a version, warmed up. Where one does not open, the others are closed: nobody would ever hold them. */
async function openReplicas(
  { batchRows, clock }: ServingDeps,
  runtime: Runtime,
  { version, folder, replicas }: { version: ModelVersion; folder: string; replicas: number },
) {
  const { signature } = version;
  // Replicas in the event loop's thread would share that thread: one is as good as many.
  const count = version.placement === "thread" ? 1 : replicas;
  const results = await Promise.allSettled(
    Array.from({ length: count }, async () => {
      const replica = await runtime.open({ folder, path: version.entry }, signature, { threads: 1 });
      await warmUp(replica, signature);
      const monotonic = () => clock.monotonic();
      return { replica, batcher: createBatcher({ replica, signature, maxRows: batchRows, monotonic }) };
    }),
  );
  const opened = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  const failed = results.find((result) => result.status === "rejected");
  if (!failed) return opened;
  await Promise.allSettled(opened.map(({ replica }) => replica.close()));
  throw failed.reason;
}
