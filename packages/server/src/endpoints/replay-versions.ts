import { SlipwayError } from "@slipway/contract";
import type { Signature } from "@slipway/runtime";
import type { Logger } from "../kernel/logger.ts";
import type { BlobHold, BlobStore } from "../platform/blobs/index.ts";
import type { Refusal, ReplayRequest, ReplayThread } from "../predictions/index.ts";
import { requireVerified, type ModelVersion, type Registry } from "../registry/index.ts";
import type { LoadedVersion, Serving } from "../serving/index.ts";
import { findModelSettings } from "./model-settings.ts";
import type { RoutingSnapshot } from "./snapshot.ts";

export interface ReplayVersionsDeps {
  readonly registry: Registry;
  readonly serving: Serving;
  readonly blobs: BlobStore;
  readonly logger: Logger;
  readonly snapshot: () => RoutingSnapshot;
}

/** What a request is run on. */
export interface ReplayRun {
  readonly loaded: LoadedVersion;
  /** The name of its target in the replay's thread. */
  readonly target: number;
}

export interface ReplayVersions {
  take(request: ReplayRequest): Promise<ReplayRun | Refusal>;
  close(): Promise<void>;
}

interface Held {
  readonly loaded: LoadedVersion;
  readonly hold: BlobHold;
}

/** A champion, a pinned version and a fallback may take turns in the log. */
const mostLoaded = 3;

/** The versions of one replay in memory, deleted ones too; the least recently used ones leave. */
export function createReplayVersions(
  deps: ReplayVersionsDeps,
  { thread, on }: { readonly thread: ReplayThread; readonly on: ModelVersion | null },
): ReplayVersions {
  const held = new Map<string, Held>();
  const targets = new Map<string, number>();
  /** Why versions cannot be run: asked once. */
  const refused = new Map<string, Refusal>();

  /** Files decide, not what is remembered of them: the same ones may have been sent again. */
  async function load(version: ModelVersion, collectedAt: number | null): Promise<LoadedVersion | Refusal> {
    const known = held.get(version.id);
    if (known) {
      held.delete(version.id);
      held.set(version.id, known);
      return known.loaded;
    }
    while (held.size >= mostLoaded) await free(held.keys().next().value!);
    const hold = await deps.blobs.hold(version.files.map((file) => file.sha256));
    try {
      if (hold.missing.length > 0) {
        hold.release();
        return refuse(version.id, removed(version, collectedAt));
      }
      if (version.state === "external") requireVerified(version);
      const loaded = await deps.serving.acquire(version, findModelSettings(deps.snapshot(), version));
      held.set(version.id, { loaded, hold });
      return loaded;
    } catch (error) {
      hold.release();
      if (SlipwayError.is(error) && error.kind !== "cancelled")
        return refuse(version.id, { reason: "version_not_loaded", message: error.message });
      throw error;
    }
  }

  function refuse(key: string, refusal: Refusal): Refusal {
    refused.set(key, refusal);
    return refusal;
  }

  async function free(id: string): Promise<void> {
    const { loaded, hold } = held.get(id)!;
    held.delete(id);
    await deps.serving.release(loaded);
    hold.release();
  }

  async function toTarget(signature: Signature, recorded: Signature | null, key: string): Promise<number> {
    const known = targets.get(key);
    if (known !== undefined) return known;
    const target = await thread.target({ signature, recorded }, recorded === signature);
    targets.set(key, target);
    return target;
  }

  async function takeOwn(request: ReplayRequest): Promise<ReplayRun | Refusal> {
    const { model, version: number, digest } = request;
    const key = `${model}@${number}`;
    const known = refused.get(key);
    if (known) return known;
    const found = await deps.registry.findRecorded(model, number);
    if (!found) return refuse(key, { reason: "version_not_found", message: `This server does not know ${key}.` });
    const { version, collectedAt } = found;
    if (digest !== null && digest !== version.digest)
      return refuse(key, { reason: "version_not_found", message: `${key} has other files here than it had then.` });
    const loaded = refused.get(version.id) ?? (await load(version, collectedAt));
    if ("reason" in loaded) return loaded;
    return { loaded, target: await toTarget(version.signature, version.signature, version.id) };
  }

  async function takeOther(request: ReplayRequest, other: ModelVersion): Promise<ReplayRun | Refusal> {
    const { model, version } = request;
    // The record says what it holds by name; the signature of its version is needed for the columns of a matrix.
    const recorded = (await deps.registry.findRecorded(model, version))?.version ?? null;
    const loaded = refused.get(other.id) ?? (await load(other, null));
    if ("reason" in loaded) return loaded;
    if (recorded?.id === other.id)
      return { loaded, target: await toTarget(other.signature, other.signature, other.id) };
    const key = `${other.id} for ${recorded?.id ?? "unknown"}`;
    return { loaded, target: await toTarget(other.signature, recorded?.signature ?? null, key) };
  }

  return {
    take: (request) => (on === null ? takeOwn(request) : takeOther(request, on)),
    async close() {
      for (const id of held.keys()) await free(id);
    },
  };
}

function removed({ model, version }: ModelVersion, collectedAt: number | null): Refusal {
  const why =
    collectedAt === null
      ? "they are not in the data folder"
      : `it was deleted, and "slipway gc" took them away at ${new Date(collectedAt).toISOString()}`;
  return { reason: "version_removed", message: `The files of ${model}@${version} are gone: ${why}.` };
}
