import { SlipwayError } from "@slipway/contract";
import type { DestinationState } from "../../platform/outbox/index.ts";
import {
  webhookActions,
  type Webhook,
  type WebhookEntity,
  type WebhookEvent,
  type Webhooks,
} from "../../registry/index.ts";
import { int, list, need, oneOf, record, text, type Input } from "./fields.ts";
import { route, type MlflowRoute } from "./route.ts";

const entities = Object.keys(webhookActions) as WebhookEntity[];
const actions = { CREATED: 1, UPDATED: 2, DELETED: 3, SET: 4, EXCEEDED: 5 } as const;
const entityField = oneOf(Object.fromEntries(entities.map((entity, i) => [entity.toUpperCase(), i + 1])));
const event = { entity: need(entityField), action: need(oneOf(actions)) };
const status = oneOf({ ACTIVE: 1, DISABLED: 2 });
const id = { webhook_id: need(text) };
const page = { max_results: int, page_token: text };
const changes = { name: text, description: text, url: text, events: list(event), secret: text, status };

/** MLflow's webhooks. They name addresses that this server then calls, so all of them are an administrator's. */
export function createWebhookRoutes({ webhooks }: { readonly webhooks: Webhooks }): readonly MlflowRoute[] {
  const scope = "admin";
  const show = async (webhook: Webhook) => toView(webhook, await webhooks.state(webhook.id));
  return [
    route({
      method: "POST",
      path: "/mlflow/webhooks",
      scope,
      fields: { ...changes, name: need(text), url: need(text), events: need(list(event)) },
      handler: async (input, { author }) => ({
        webhook: await show(await webhooks.create({ ...input, events: input.events.map(toEvent) }, author)),
      }),
    }),
    route({
      method: "GET",
      path: "/mlflow/webhooks",
      scope,
      fields: page,
      handler: async (input) => {
        const { items, next } = await webhooks.list(toPageQuery(input));
        const views = await Promise.all(items.map(show));
        return {
          ...(views.length > 0 ? { webhooks: views } : {}),
          ...(next === null ? {} : { next_page_token: next }),
        };
      },
    }),
    route({
      method: "GET",
      path: "/mlflow/webhooks/:webhook_id",
      scope,
      fields: id,
      handler: async (input) => ({ webhook: await show(await webhooks.get(input.webhook_id)) }),
    }),
    route({
      method: "PATCH",
      path: "/mlflow/webhooks/:webhook_id",
      scope,
      fields: { ...id, ...changes },
      handler: async ({ webhook_id, ...input }, { author }) => ({
        webhook: await show(await webhooks.update(webhook_id, toChanges(input), author)),
      }),
    }),
    route({
      method: "DELETE",
      path: "/mlflow/webhooks/:webhook_id",
      scope,
      fields: id,
      handler: async (input, { author }) => {
        await webhooks.delete(input.webhook_id, author);
        return {};
      },
    }),
    createTestRoute(webhooks),
  ];
}

function createTestRoute(webhooks: Webhooks): MlflowRoute {
  return route({
    method: "POST",
    path: "/mlflow/webhooks/:webhook_id/test",
    scope: "admin",
    fields: { ...id, event: record(event) },
    handler: async (input) => {
      const result = await webhooks.test(input.webhook_id, input.event && toEvent(input.event));
      return {
        result: {
          success: result.success,
          ...(result.status === null ? {} : { response_status: result.status, response_body: result.body }),
          ...(result.error === null ? {} : { error_message: `Failed to test webhook: ${result.error}` }),
        },
      };
    },
  });
}

function toEvent(given: Input<typeof event>): WebhookEvent {
  return { entity: given.entity.toLowerCase() as WebhookEntity, action: given.action.toLowerCase() };
}

/** An empty name, address or list of events leaves what is there. */
function toChanges({ name, url, events, ...rest }: Input<typeof changes>) {
  return {
    ...rest,
    ...(name ? { name } : {}),
    ...(url ? { url } : {}),
    ...(events && events.length > 0 ? { events: events.map(toEvent) } : {}),
  };
}

function toPageQuery(input: Input<typeof page>) {
  const limit = input.max_results || 100;
  if (limit < 1 || limit > 1_000) throw new SlipwayError("invalid_request", "max_results must be between 1 and 1000.");
  return { limit, cursor: input.page_token || null };
}

/** What waits for it and what was given up stands beside MLflow's fields, which its clients overlook. */
function toView(webhook: Webhook, deliveries: DestinationState): object {
  return {
    webhook_id: webhook.id,
    name: webhook.name,
    ...(webhook.description === null ? {} : { description: webhook.description }),
    url: webhook.url,
    events: webhook.events.map(({ entity, action }) => ({
      entity: entity.toUpperCase(),
      action: action.toUpperCase(),
    })),
    status: webhook.status,
    creation_timestamp: webhook.createdAt,
    last_updated_timestamp: webhook.updatedAt,
    pending_deliveries: deliveries.pending,
    failed_deliveries: deliveries.failed,
    ...(deliveries.lastError === null ? {} : { last_delivery_error: deliveries.lastError }),
  };
}
