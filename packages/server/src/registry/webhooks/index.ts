export { webhookActions, type WebhookEntity, type WebhookEvent, type WebhookMessage } from "./event.ts";
export { webhookMigrations } from "./migrations.ts";
export type { Webhook, WebhookOrder, WebhookStatus } from "./webhook.ts";
export type { TestResult } from "./deliveries.ts";
export { createWebhooks, type WebhookDeps, type Webhooks } from "./webhooks.ts";
