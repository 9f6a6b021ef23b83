import { SlipwayError } from "@slipway/contract";
import type { Clock } from "../../kernel/clock.ts";
import { createId } from "../../kernel/ids.ts";
import type { Address, Delivery, DestinationState, Outbox } from "../../platform/outbox/index.ts";
import type { Sealer } from "../../platform/secrets/index.ts";
import type { Kysely } from "../../platform/sql/index.ts";
import { exampleOf, toEventName, type WebhookEvent, type WebhookMessage } from "./event.ts";
import { createWebhookStore, type StoredWebhook, type WebhookStore } from "./store.ts";
import { parseUrl, toBody, toHeaders } from "./webhook.ts";

export interface TestResult {
  readonly success: boolean;
  readonly status: number | null;
  /** The beginning of what was answered. */
  readonly body: string | null;
  readonly error: string | null;
}

/** What the deliveries of a webhook stand under in the outbox. */
export const destinationOf = (id: string) => `webhook:${id}`;

export interface DeliveryDeps {
  readonly store: WebhookStore;
  readonly clock: Clock;
  readonly outbox: Outbox;
  readonly sealer: Sealer;
}

/** From what happened to what its receivers get. */
export function createDeliveries({ store, clock, outbox, sealer }: DeliveryDeps) {
  async function require(id: string): Promise<StoredWebhook> {
    const found = await store.find(id);
    if (found) return found;
    throw new SlipwayError("not_found", `Webhook with ID ${id} not found.`, { id });
  }

  function seal(secret: string | undefined, id: string): string | null {
    return secret === undefined || secret === "" ? null : sealer.seal(secret, destinationOf(id));
  }

  function address(webhook: StoredWebhook, { id, body }: Pick<Delivery, "id" | "body">): Address {
    const { sealedSecret } = webhook;
    const secret = sealedSecret === null ? null : sealer.open(sealedSecret, destinationOf(webhook.id));
    return { url: parseUrl(webhook.url, true), headers: toHeaders({ id, body, secret, at: clock.now() }) };
  }

  return {
    require,
    seal,
    async test(id: string, event?: WebhookEvent): Promise<TestResult> {
      const webhook = await require(id);
      const body = toBody(exampleOf(event ?? webhook.events[0]!), clock.now());
      try {
        const { status, body: answer } = await outbox.send(address(webhook, { id: createId(), body }), body);
        return { success: status < 400, status, body: answer, error: null };
      } catch (error) {
        return { success: false, status: null, body: null, error: (error as Error).message };
      }
    },
    state: (id: string): Promise<DestinationState> => outbox.state(destinationOf(id)),
    // oxlint-disable-next-line typescript/no-explicit-any
    async announce(trx: Kysely<any>, messages: readonly WebhookMessage[]): Promise<void> {
      if (messages.length === 0) return;
      const at = clock.now();
      for (const webhook of await createWebhookStore(trx).listActive()) {
        const wanted = new Set(webhook.events.map(toEventName));
        for (const message of messages)
          if (wanted.has(toEventName(message)))
            await outbox.add(trx, { destination: destinationOf(webhook.id), body: toBody(message, at) });
      }
    },
    wake: () => outbox.wake(),
    serve: () =>
      outbox.serve(destinationOf(""), async (delivery) => {
        const webhook = await store.find(delivery.destination.slice(destinationOf("").length));
        return webhook?.status === "ACTIVE" ? address(webhook, delivery) : null;
      }),
  };
}
