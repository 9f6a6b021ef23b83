import { SlipwayError } from "@slipway/contract";
import type { Endpoints } from "../../endpoints/index.ts";
import type { Clock } from "../../kernel/clock.ts";
import type { Logger } from "../../kernel/logger.ts";
import type { BlobStore } from "../../platform/blobs/index.ts";
import type { Operations } from "../../platform/queue/index.ts";
import type { Sql } from "../../platform/sql/index.ts";
import type { PredictionLake } from "../../predictions/index.ts";
import type { ModelVersion, Registry, Sources } from "../../registry/index.ts";
import type { Serving } from "../../serving/index.ts";
import type { MonitorSettings } from "../settings.ts";
import type { Watched } from "../watched.ts";
import { createCountPredictions } from "./count-predictions.ts";
import { createFind, keyOf } from "./find-reference.ts";
import { findSource } from "./find-source.ts";
import { createForgetting, type Forgetting } from "./forget-references.ts";
import { madeOf, makeReference, noRows, type ToMake } from "./make-reference.ts";
import type { FindReference, Reference } from "./reference.ts";
import { createReferenceStore, type ReferenceStore } from "./store.ts";

export interface ReferencesDeps {
  /** The data folder. */
  readonly folder: string;
  readonly sql: Sql;
  readonly blobs: BlobStore;
  readonly operations: Operations;
  readonly registry: Registry;
  readonly sources: Sources;
  readonly serving: Serving;
  readonly predictionLake: PredictionLake;
  readonly endpoints: Endpoints;
  /** Somebody beside the references refers to a blob. */
  readonly isBlobNeeded: (sha256: string) => Promise<boolean>;
  readonly settingsOf: (endpoint: string) => MonitorSettings | null;
  /** A version has a reference now, or another one. */
  readonly onChange: (watched: Watched, reference: Reference) => Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface References {
  readonly find: FindReference;
  /** Starts to make what is missing, now and again. */
  start(): void;
  stop(): Promise<void>;
  /** Makes what is missing and resolves when all of it is there, or failed. */
  sync(): Promise<void>;
  /** Makes it anew; the operation's `result` tells what it was made of. @throws SlipwayError `precondition_failed` where there are no rows */
  remake(watched: Watched): Promise<string>;
  /**
   * Predictions of the endpoint were erased: what was made of its predictions goes with its rows, and what is being made of them is
   * given up. It is made anew of what is left, where that is enough.
   */
  forgetPredictions(endpoint: string): Promise<void>;
  /** Those of versions that were deleted and of endpoints that are gone. */
  prune(): Promise<void>;
  /** Whose blobs they are: samples have to stay, besides those that `prune` lets go of. */
  listReferenced(): Promise<ReadonlySet<string>>;
  isReferenced(sha256: string): Promise<boolean>;
}

const everyMs = 5_000;
/** A version that has just come has other work to do, and some are taken back at once. */
const settleMs = 10_000;
/** Imports are rare, and versions many. */
const externalMs = 30_000;
/** What failed is tried again after so long, or when what it would be made of changes. */
const patienceMs = 10 * 60_000;

/** Keeps a reference for each version that is watched: made once, by an operation, when the version comes to its endpoint. */
export function createReferences(deps: ReferencesDeps): References {
  const { registry, clock, logger } = deps;
  const store = createReferenceStore(deps.sql);
  const finding = { ...deps, countPredictions: createCountPredictions(deps.predictionLake) };
  const forgetting = createForgetting(deps, store);
  const find = createFind(store);
  const listWatched = createWatchedList(deps);
  const stopping = new AbortController();
  const { isMissing, make } = createMaking(deps, { store, find, forgetting, stopping: stopping.signal });
  let running: Promise<void> | null = null;
  let stopTimer = () => {};
  let stopListening = () => {};

  async function plan(watched: Watched): Promise<ToMake | null> {
    const settings = deps.settingsOf(watched.endpoint);
    const recorded = await registry.findRecorded(watched.model, watched.version);
    if (settings === null || recorded === null) return null;
    const { version } = recorded;
    if (version.deletedAt !== null) return null;
    const mark = await store.findMark(watched);
    const had = mark?.source === "predictions" ? mark.rows : 0;
    const source = await findSource(finding, { endpoint: watched.endpoint, version, had });
    return source && { watched, version, source, settings };
  }

  /** Null: all of them are due. */
  async function syncNow(isDue: ((watched: Watched) => boolean) | null): Promise<void> {
    for (const watched of await listWatched(isDue === null)) {
      if (stopping.signal.aborted) return;
      if (isDue?.(watched) === false) continue;
      const toMake = await plan(watched);
      if (toMake !== null && (await isMissing(toMake))) await (await make(toMake)).ended;
    }
  }

  const run = (isDue: ((watched: Watched) => boolean) | null) =>
    (running ??= syncNow(isDue).finally(() => (running = null)));

  return {
    find,
    async sync() {
      await running?.catch(() => {});
      await deps.predictionLake.flush();
      await run(null);
    },
    start() {
      stopListening = registry.events.on((news) => {
        if (news.type !== "version.deleted") return;
        const { model, version } = news.version;
        store.removeVersion(model, version).catch((error: unknown) => {
          logger.warn({ model, version, error }, "references of a version that was deleted stay until gc");
        });
      });
      const isSettled = createSettled(clock);
      stopTimer = clock.every(everyMs, () => {
        run(isSettled).catch((error: unknown) => {
          if (!stopping.signal.aborted) logger.error({ error }, "looking for references that are missing failed");
        });
      });
    },
    async stop() {
      stopTimer();
      stopListening();
      stopping.abort(new SlipwayError("shutting_down", "The server is shutting down."));
      await running?.catch(() => {});
    },
    async remake(watched) {
      await deps.predictionLake.flush();
      return (await make((await plan(watched)) ?? raise(noRows(watched)))).id;
    },
    forgetPredictions: forgetting.forgetPredictions,
    prune: forgetting.prune,
    listReferenced: forgetting.listNeeded,
    isReferenced: store.isSample,
  };
}

function raise(error: SlipwayError): never {
  throw error;
}

interface Keeping {
  readonly store: ReferenceStore;
  readonly find: FindReference;
  readonly forgetting: Forgetting;
  readonly stopping: AbortSignal;
}

/** One operation for each reference; what failed waits. */
function createMaking(deps: ReferencesDeps, { store, find, forgetting, stopping }: Keeping) {
  const { operations, clock, logger } = deps;
  const making = { ...deps, lake: deps.predictionLake };
  const failed = new Map<string, { readonly madeOf: string; readonly at: number }>();

  async function isMissing(toMake: ToMake): Promise<boolean> {
    const { watched } = toMake;
    const mark = await store.findMark(watched);
    const wanted = madeOf(toMake);
    if (mark?.madeOf === wanted) return false;
    const before = failed.get(keyOf(watched));
    return before?.madeOf !== wanted || clock.now() - before.at > patienceMs;
  }

  /** Resolves with the operation and when it ends. */
  async function make(toMake: ToMake): Promise<{ readonly id: string; readonly ended: Promise<void> }> {
    const { watched } = toMake;
    const { endpoint, model, version } = watched;
    const ended = Promise.withResolvers<void>();
    const operation = await operations.start("monitor.reference", `reference of ${endpoint}`, async (context) => {
      try {
        const signal = AbortSignal.any([context.signal, stopping]);
        const onProgress = (message: string) => context.progress("reference", message);
        const isErased = forgetting.watchErasing(endpoint);
        const made = await makeReference(making, toMake, { signal, onProgress });
        const isStale = made.source === "predictions" && isErased();
        if (!isStale) await store.put(made);
        // From now on the row says that the sample is needed, or nobody does.
        (await deps.blobs.hold([made.sample])).release({ used: true });
        if (isStale) {
          await forgetting.removeSample(made.sample);
          throw erasedMeanwhile(watched);
        }
        failed.delete(keyOf(watched));
        const reference = await find(watched);
        if (reference !== null) await deps.onChange(watched, reference);
        const { source, provisional, rows, notes } = made;
        return { endpoint, model, version, source, provisional, rows, notes };
      } catch (error) {
        // What was erased meanwhile is no reason to wait.
        if (!SlipwayError.is(error) || error.code !== "conflict")
          failed.set(keyOf(watched), { madeOf: madeOf(toMake), at: clock.now() });
        if (!stopping.aborted) logger.warn({ ...watched, error }, "a reference could not be made");
        throw error;
      } finally {
        ended.resolve();
      }
    });
    return { id: operation.id, ended: ended.promise };
  }

  return { isMissing, make };
}

/** Whether it has been there for a while. */
function createSettled(clock: Clock): (watched: Watched) => boolean {
  const seen = new Map<string, number>();
  return (watched) => {
    const key = keyOf(watched);
    const since = seen.get(key) ?? clock.monotonic();
    seen.set(key, since);
    return clock.monotonic() - since >= settleMs;
  };
}

function erasedMeanwhile(watched: Watched): SlipwayError {
  return new SlipwayError(
    "conflict",
    `Predictions of ${watched.endpoint} were erased while a reference was made of them. It is made anew of what is left; nothing is to be done.`,
    { ...watched },
  );
}

/** What serves, and the newest versions whose predictions were imported; of these only what was known a while ago is told. */
function createWatchedList({ endpoints, registry, settingsOf, clock }: ReferencesDeps) {
  const external = new Map<string, { readonly at: number; readonly version: ModelVersion | null }>();

  async function findExternal(endpoint: string, isFresh: boolean): Promise<ModelVersion | null> {
    const known = external.get(endpoint);
    if (known !== undefined && !isFresh && clock.monotonic() - known.at < externalMs) return known.version;
    const page = await registry.listVersions(endpoint, { limit: 20, cursor: null }).catch((error: unknown) => {
      if (SlipwayError.is(error) && error.kind === "not_found") return { items: [] };
      throw error;
    });
    const version = page.items.find(({ state }) => state === "external") ?? null;
    external.set(endpoint, { at: clock.monotonic(), version });
    return version;
  }

  return async (isFresh: boolean): Promise<Watched[]> => {
    const found: Watched[] = [];
    for (const { endpoint, spec } of endpoints.snapshot().routes.values()) {
      if (settingsOf(endpoint) === null) continue;
      const { target } = spec;
      if (target !== null) found.push({ endpoint, model: target.model, version: target.version });
      const imported = await findExternal(endpoint, isFresh || target === null);
      if (imported !== null) found.push({ endpoint, model: imported.model, version: imported.version });
    }
    return found;
  };
}
