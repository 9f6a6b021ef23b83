export { registryMigrations } from "./migrations.ts";
export type { Alias, AliasEvent, RegisteredModel } from "./model.ts";
export { requireVerified } from "./model-version.ts";
export type {
  ModelVersion,
  NewVersion,
  VerifiedVersion,
  VersionFile,
  VersionSignature,
  VersionState,
} from "./model-version.ts";
export { championAlias, createRegistry } from "./registry.ts";
export type { CreatedVersion, RecordedVersion, Registry, RegistryDeps, RegistryNews } from "./registry.ts";
