import { SlipwayError } from "@slipway/contract";

/** What may have happened to what, in MLflow's words. */
export const webhookActions = {
  registered_model: ["created"],
  model_version: ["created"],
  model_version_tag: ["set", "deleted"],
  model_version_alias: ["created", "deleted"],
  prompt: ["created"],
  prompt_version: ["created"],
  prompt_tag: ["set", "deleted"],
  prompt_version_tag: ["set", "deleted"],
  prompt_alias: ["created", "deleted"],
  budget_policy: ["exceeded"],
} as const satisfies Record<string, readonly string[]>;

export type WebhookEntity = keyof typeof webhookActions;

export interface WebhookEvent {
  readonly entity: WebhookEntity;
  readonly action: string;
}

/** What a receiver gets of it. */
export interface WebhookMessage extends WebhookEvent {
  readonly data: Readonly<Record<string, unknown>>;
}

/** @throws SlipwayError `invalid_request` */
export function checkEvents(events: readonly WebhookEvent[]): readonly WebhookEvent[] {
  if (events.length === 0)
    throw new SlipwayError("invalid_request", "Webhook events must be a non-empty list of WebhookEvent objects: [].");
  for (const { entity, action } of events) {
    const actions: readonly string[] = webhookActions[entity];
    if (!actions.includes(action))
      throw new SlipwayError(
        "invalid_request",
        `Invalid action '${action}' for entity '${entity}'. Valid actions are: [${actions
          .toSorted()
          .map((each) => `'${each}'`)
          .join(", ")}]`,
      );
  }
  const keys = events.map(toEventName);
  return events.filter((_, i) => keys.indexOf(keys[i]!) === i);
}

/** `model_version.created` */
export function toEventName({ entity, action }: WebhookEvent): string {
  return `${entity}.${action}`;
}

const named = { name: "example_model" };
const prompt = { name: "example_prompt" };
const tags = { example_key: "example_value" };
const tag = { key: "example_key", value: "example_value" };

const examples: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "registered_model.created": { ...named, tags, description: "An example registered model" },
  "model_version.created": {
    ...named,
    version: "1",
    source: "models:/123",
    run_id: "abcd1234abcd5678",
    tags,
    description: "An example model version",
  },
  "model_version_tag.set": { ...named, version: "1", ...tag },
  "model_version_tag.deleted": { ...named, version: "1", key: tag.key },
  "model_version_alias.created": { ...named, alias: "example_alias", version: "1" },
  "model_version_alias.deleted": { ...named, alias: "example_alias" },
  "prompt.created": { ...prompt, tags, description: "An example prompt" },
  "prompt_version.created": {
    ...prompt,
    version: "1",
    template: "Hello {{name}}!",
    tags,
    description: "An example prompt version",
  },
  "prompt_tag.set": { ...prompt, ...tag },
  "prompt_tag.deleted": { ...prompt, key: tag.key },
  "prompt_version_tag.set": { ...prompt, version: "1", ...tag },
  "prompt_version_tag.deleted": { ...prompt, version: "1", key: tag.key },
  "prompt_alias.created": { ...prompt, alias: "example_alias", version: "1" },
  "prompt_alias.deleted": { ...prompt, alias: "example_alias" },
  "budget_policy.exceeded": {
    budget_policy_id: "bp-abc123",
    budget_unit: "USD",
    budget_amount: 100,
    current_spend: 105.5,
    duration_unit: "MONTHS",
    duration_value: 1,
    target_scope: "ENDPOINT",
    workspace: "default",
    target_value: "ep-abc123",
    window_start: 1_704_067_200_000,
  },
};

/** What a test of a webhook sends. */
export function exampleOf(event: WebhookEvent): WebhookMessage {
  return { ...event, data: examples[toEventName(event)] ?? {} };
}
