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
export type { RegistryNews } from "./news.ts";
export { championAlias, createRegistry } from "./registry.ts";
export type { CreatedVersion, RecordedVersion, Registry, RegistryDeps } from "./registry.ts";
export {
  createWebhooks,
  webhookActions,
  webhookMigrations,
  type TestResult,
  type Webhook,
  type WebhookEntity,
  type WebhookEvent,
  type WebhookOrder,
  type Webhooks,
  type WebhookStatus,
} from "./webhooks/index.ts";
