export { webhookActions, type WebhookEntity, type WebhookEvent, type WebhookMessage } from "./event.ts";
export { webhookMigrations } from "./migrations.ts";
export type { Webhook, WebhookOrder } from "./webhook.ts";
export { createWebhooks, type Webhooks } from "./webhooks.ts";
