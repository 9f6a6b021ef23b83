import { requireVerified, type Registry } from "../registry/index.ts";
import type { LoadedVersion, Serving } from "../serving/index.ts";
import type { Logger } from "../kernel/logger.ts";
import { toLoadSettings, type ServeSettings } from "./endpoint.ts";
import { toSingleCopy } from "./model-settings.ts";

/** Versions that callers name in the path although the endpoint serves another one; the least recently used ones leave. */
export interface PinnedVersions {
  /**
   * The version, loaded as the endpoint has its own loaded, stays so until it is given back.
   * @throws SlipwayError `version_not_found`, or what loading throws
   */
  take(model: string, version: number, serve: ServeSettings): Promise<PinnedVersion>;
  close(): Promise<void>;
}

export interface PinnedVersion {
  readonly loaded: LoadedVersion;
  /** To be called once. */
  giveBack(): void;
}

interface Held {
  readonly loading: Promise<LoadedVersion>;
  /** Requests that have it now. */
  users: number;
  /** No longer to be found; the last user's giving back frees it. */
  dropped: boolean;
}

const most = 4;

export function createPinnedVersions(deps: {
  readonly registry: Registry;
  readonly serving: Serving;
  readonly logger: Logger;
}): PinnedVersions {
  const held = new Map<string, Held>();
  const nameOf = (model: string, version: number) => `${model}@${version} `;

  // A version that was deleted answers nobody any more.
  const stopListening = deps.registry.events.on((news) => {
    if (news.type !== "version.deleted") return;
    const name = nameOf(news.version.model, news.version.version);
    for (const key of held.keys()) if (key.startsWith(name)) drop(key);
  });

  async function load(model: string, number: number, serve: ServeSettings): Promise<LoadedVersion> {
    const version = requireVerified(await deps.registry.requireVersion(model, number));
    return deps.serving.acquire(version, toSingleCopy(version, serve));
  }
  function free({ loading }: Held) {
    loading
      .then((loaded) => deps.serving.release(loaded))
      .catch((error: unknown) => deps.logger.error({ error }, "unloading a pinned version failed"));
  }
  function drop(key: string) {
    const found = held.get(key);
    if (!found) return;
    held.delete(key);
    found.dropped = true;
    if (found.users === 0) free(found);
  }
  /** Those in use may be more than `most` for a moment: a request never loses the version under its hands. */
  function shrink() {
    for (const [key, { users }] of held) {
      if (held.size <= most) return;
      if (users === 0) drop(key);
    }
  }
  function giveBack(found: Held) {
    found.users--;
    if (!found.dropped) shrink();
    else if (found.users === 0) free(found);
  }
  return {
    async take(model, version, serve) {
      const key = nameOf(model, version) + JSON.stringify(toLoadSettings(serve));
      const found = held.get(key) ?? { loading: load(model, version, serve), users: 0, dropped: false };
      held.delete(key);
      held.set(key, found);
      found.users++;
      shrink();
      try {
        return { loaded: await found.loading, giveBack: () => giveBack(found) };
      } catch (error) {
        if (held.get(key) === found) held.delete(key);
        throw error;
      }
    },
    async close() {
      stopListening();
      for (const key of held.keys()) drop(key);
    },
  };
}
