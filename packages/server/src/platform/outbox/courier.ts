import type { Clock } from "../../kernel/clock.ts";
import type { Logger } from "../../kernel/logger.ts";
import { AddressRefused, post, type PostAnswer } from "./post.ts";
import { isRetryable, retryDelay } from "./retry.ts";
import type { Delivery, OutboxStore } from "./store.ts";

/** Where a delivery goes and what it says about itself, made anew for each attempt. */
export interface Address {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** In place of the delivery's own: where it holds what is not to be kept in SQL, such as the key of who receives it. */
  readonly body?: string;
}

/** Whoever takes a delivery by other means than a POST; it says with an HTTP status how that went. */
export interface Carrier {
  carry(signal: AbortSignal): Promise<PostAnswer>;
}

/** Null where the destination is no more or wants nothing now: what waits for it is dropped. */
export type FindAddress = (delivery: Delivery) => Promise<Address | Carrier | null>;

export interface CourierDeps {
  readonly store: OutboxStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly allowPrivate: boolean;
  /** Aborted where the server ends: what is under way is broken off and stays as it was. */
  readonly ending: AbortSignal;
}

export interface Courier {
  /** @throws whatever keeps it from being answered */
  send(address: Address | Carrier, body: string): Promise<PostAnswer>;
  /** One attempt, and what comes of it in SQL. Never throws. */
  deliver(delivery: Delivery, find: FindAddress): Promise<void>;
}

const timeoutMs = 30_000;
const dayMs = 24 * 3_600_000;
const giveUpMs = dayMs;
/** How long one that was given up is remembered. */
const failedMs = 7 * dayMs;

export function createCourier({ store, clock, logger, allowPrivate, ending }: CourierDeps): Courier {
  async function deliver(delivery: Delivery, find: FindAddress): Promise<void> {
    try {
      const address = await find(delivery);
      if (address === null) return await store.delete(delivery.id);
      const answer = await attempt(address, delivery.body);
      if (ending.aborted && !("status" in answer)) return;
      if ("status" in answer && answer.status >= 200 && answer.status < 300) return await store.delete(delivery.id);
      await settle(delivery, answer);
    } catch (error) {
      logger.error({ error, destination: delivery.destination }, "a delivery could not be made");
      await settle(delivery, { error: error as Error }).catch(() => {});
    }
  }

  async function attempt(address: Address | Carrier, body: string): Promise<PostAnswer | { readonly error: Error }> {
    try {
      return await send(address, body);
    } catch (error) {
      return { error: error as Error };
    }
  }

  async function settle(delivery: Delivery, answer: PostAnswer | { readonly error: Error }): Promise<void> {
    const now = clock.now();
    const error = "status" in answer ? `It answered ${answer.status}.` : answer.error.message;
    const mayRetry = "status" in answer ? isRetryable(answer.status) : !(answer.error instanceof AddressRefused);
    const nextAt = now + retryDelay(delivery.attempts, "status" in answer ? answer.retryAfter : null, now);
    const isLast = !mayRetry || nextAt > delivery.createdAt + giveUpMs;
    const facts = { destination: delivery.destination, delivery: delivery.id, attempts: delivery.attempts + 1, error };
    if (isLast) logger.warn(facts, "a delivery is given up");
    else logger.info({ ...facts, next_in_ms: nextAt - now }, "a delivery failed and is tried again");
    await store.markTried(delivery.id, { nextAt, error, failedAt: isLast ? now : null });
    if (isLast) await store.deleteFailed(now - failedMs);
  }

  async function send(address: Address | Carrier, body: string): Promise<PostAnswer> {
    const late = new AbortController();
    const cancel = clock.after(timeoutMs, () =>
      late.abort(new Error(`It did not answer within ${timeoutMs / 1_000} s.`)),
    );
    try {
      const signal = AbortSignal.any([late.signal, ending]);
      if ("carry" in address) return await address.carry(signal);
      const { url, headers } = address;
      return await post(url, { headers, body: Buffer.from(address.body ?? body), allowPrivate, signal });
    } catch (error) {
      throw late.signal.aborted ? (late.signal.reason as Error) : error;
    } finally {
      cancel();
    }
  }

  return { send, deliver };
}
