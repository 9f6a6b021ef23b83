import type { Logger } from "../kernel/logger.ts";
import type { ModelVersion, Registry } from "../registry/index.ts";
import { fitSettings, type Serving } from "../serving/index.ts";
import { toLoadSettings, type EndpointSpec } from "./endpoint.ts";
import type { FallbackTarget } from "./snapshot.ts";

export interface FallbackDeps {
  readonly registry: Registry;
  readonly serving: Serving;
  readonly logger: Logger;
}

/** What answers in place of a version that fails, loaded; null where there is nothing, or it does not load. */
export async function prepareFallback(
  { registry, serving, logger }: FallbackDeps,
  spec: EndpointSpec,
  served: ModelVersion,
): Promise<FallbackTarget | null> {
  const { fallback } = spec.serve;
  if (!fallback) return null;
  if ("value" in fallback) return { kind: "value", value: fallback.value, served };
  const version = await registry.resolve({ name: served.model, alias: fallback.alias }).catch(() => null);
  if (!version || version.id === served.id || version.state !== "verified") return null;
  try {
    const loaded = await serving.acquire(version, fitSettings(version, toLoadSettings(spec.serve)));
    return { kind: "version", alias: fallback.alias, loaded };
  } catch (error) {
    logger.warn({ error, model: version.model, version: version.version }, "the fallback version does not load");
    return null;
  }
}
