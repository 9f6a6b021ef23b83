export { registryMigrations } from "./migrations.ts";
export type { Alias, AliasEvent, RegisteredModel } from "./model.ts";
export { parseStage, requireVerified } from "./model-version.ts";
export type {
  ModelVersion,
  NewVersion,
  Stage,
  VerifiedVersion,
  VersionFile,
  VersionOrigin,
  VersionSignature,
  VersionState,
} from "./model-version.ts";
export type { RegistryNews } from "./news.ts";
export type { RecordedVersion } from "./file-use-cases.ts";
export { createRegistry } from "./registry.ts";
export type { Registry, RegistryDeps } from "./registry.ts";
export type { RegistryQuery, RegistrySearch } from "./search/registry-search.ts";
export { isPrompt } from "./tags.ts";
export { championAlias } from "./version-use-cases.ts";
export type { CreatedVersion, Registration, Verification, VersionRef } from "./version-use-cases.ts";
export {
  createWebhooks,
  webhookActions,
  webhookMigrations,
  type Webhook,
  type WebhookEntity,
  type WebhookEvent,
  type Webhooks,
} from "./webhooks/index.ts";
export { createFindSignature, type FindSignature } from "./find-signature.ts";
export { parseSource, type Source, type VersionWanted } from "./sources/source.ts";
export { createSources, type NamedSource, type SourceDeps, type SourceFiles, type Sources } from "./sources/sources.ts";
export { createLineage, type FindLineage, type LineageDeps } from "./lineage.ts";
