export { registryMigrations } from "./migrations.ts";
export type { Alias, AliasEvent, RegisteredModel } from "./model.ts";
export type { ModelVersion, NewVersion, VersionFile, VersionSignature, VersionState } from "./model-version.ts";
export { championAlias, createRegistry } from "./registry.ts";
export type { CreatedVersion, RecordedVersion, Registry, RegistryDeps, RegistryNews } from "./registry.ts";
