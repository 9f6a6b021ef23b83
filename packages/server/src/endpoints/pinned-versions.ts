import type { Registry } from "../registry/index.ts";
import type { LoadedVersion, Serving } from "../serving/index.ts";
import type { Logger } from "../kernel/logger.ts";

/** Versions that callers name in the path although the endpoint serves another one; the least recently used ones leave. */
export interface PinnedVersions {
  /** @throws SlipwayError `version_not_found`, or what loading throws */
  get(model: string, version: number): Promise<LoadedVersion>;
  close(): Promise<void>;
}

const most = 4;

export function createPinnedVersions(deps: {
  readonly registry: Registry;
  readonly serving: Serving;
  readonly logger: Logger;
}): PinnedVersions {
  const held = new Map<string, Promise<LoadedVersion>>();

  async function load(model: string, version: number): Promise<LoadedVersion> {
    return deps.serving.acquire(await deps.registry.requireVersion(model, version), 1);
  }
  function evict() {
    const [oldest, loading] = held.entries().next().value!;
    held.delete(oldest);
    loading
      .then((loaded) => deps.serving.release(loaded))
      .catch((error: unknown) => deps.logger.error({ error }, "unloading a pinned version failed"));
  }
  return {
    async get(model, version) {
      const key = `${model}@${version}`;
      const loading = held.get(key) ?? load(model, version);
      held.delete(key);
      held.set(key, loading);
      if (held.size > most) evict();
      try {
        return await loading;
      } catch (error) {
        held.delete(key);
        throw error;
      }
    },
    async close() {
      while (held.size > 0) evict();
    },
  };
}
