import type { Registry } from "./registry.ts";
import type { VersionSignature } from "./model-version.ts";

/** The signature of a version, also of a deleted one; null where there never was one, or nobody has looked at it yet. */
export type FindSignature = (model: string, version: number) => Promise<VersionSignature | null>;

export function createFindSignature(registry: Pick<Registry, "findRecorded">): FindSignature {
  return async (model, version) => (await registry.findRecorded(model, version))?.version.signature ?? null;
}
