import type { Clock } from "../../kernel/clock.ts";
import { createId } from "../../kernel/ids.ts";
import type { Logger } from "../../kernel/logger.ts";
import type { Sql } from "../sql/index.ts";
import { createCourier, type Address, type Carrier, type FindAddress } from "./courier.ts";
import { findRefusal, type PostAnswer } from "./post.ts";
import {
  createOutboxStore,
  deleteDeliveries,
  insertDelivery,
  type AnyDb,
  type DestinationState,
  type NewDelivery,
} from "./store.ts";

/**
 * HTTP deliveries that are not lost: written in the transaction of the change that they tell of, sent after it, tried again
 * until somebody has taken them, also after the end of this process. Each is sent at least once; those of one destination in
 * the order of their transactions, one after the other.
 */
export interface Outbox {
  /** Writes a delivery; call `wake` after the commit. */
  add(trx: AnyDb, delivery: NewDelivery): Promise<void>;
  /** Forgets what waits for a destination. */
  drop(trx: AnyDb, destination: string): Promise<void>;
  /** Something was added. */
  wake(): void;
  /** Whether it may be called at all: null, or why not. */
  refuse(url: URL): Promise<string | null>;
  /** Sends at once and once, whatever comes of it; nothing is written. */
  send(address: Address | Carrier, body: string): Promise<PostAnswer>;
  state(destination: string): Promise<DestinationState>;
  /** Whom to ask about destinations that begin so; what waits for others stays until somebody serves them. */
  serve(prefix: string, find: FindAddress): void;
  /** Begins to deliver, what is left of the last process first. */
  start(): Promise<void>;
  /** Takes up nothing new and breaks off what is under way; it is sent again at the next start. */
  stop(): Promise<void>;
}

interface OutboxDeps {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Private and loopback addresses may be called. */
  readonly allowPrivate: boolean;
}

const mostAtOnce = 8;

export function createOutbox({ sql, clock, logger, allowPrivate }: OutboxDeps): Outbox {
  const store = createOutboxStore(sql);
  const busy = new Map<string, Promise<void>>();
  const ending = new AbortController();
  const courier = createCourier({ store, clock, logger, allowPrivate, ending: ending.signal });
  const served = new Map<string, FindAddress>();
  let isStarted = false;
  let cancelTimer = () => {};
  let passing: Promise<void> | null = null;
  let isCalled = false;

  /** One look at what is due at a time; a call meanwhile makes it look again. */
  function wake(): void {
    if (!isStarted || ending.signal.aborted) return;
    isCalled = true;
    passing ??= pass().finally(() => {
      passing = null;
      if (isCalled) wake();
    });
  }

  async function pass(): Promise<void> {
    while (isCalled && !ending.signal.aborted) {
      isCalled = false;
      try {
        await startDue();
      } catch (error) {
        logger.error({ error }, "the outbox could not be read; it is looked at again in a minute");
        wakeIn(60_000);
      }
    }
  }

  async function startDue(): Promise<void> {
    const now = clock.now();
    // What ends while this is read may still be in it; its end looks again.
    const taken = new Set(busy.keys());
    const waiting = (await store.listFirst(1_000)).filter(
      ({ destination }) => !taken.has(destination) && finderOf(destination),
    );
    for (const each of waiting) {
      if (each.nextAt > now) return wakeIn(each.nextAt - now);
      // The end of any of them looks again.
      if (busy.size >= mostAtOnce) return;
      const done = courier.deliver(each, finderOf(each.destination)!).finally(() => {
        busy.delete(each.destination);
        wake();
      });
      busy.set(each.destination, done);
    }
  }

  function finderOf(destination: string): FindAddress | undefined {
    return [...served].find(([prefix]) => destination.startsWith(prefix))?.[1];
  }

  function wakeIn(ms: number): void {
    cancelTimer();
    cancelTimer = clock.after(ms, wake);
  }

  return {
    add: (trx, delivery) => insertDelivery(trx, { ...delivery, id: createId(), at: clock.now() }),
    drop: deleteDeliveries,
    wake,
    refuse: async (url) => (allowPrivate ? null : ((await findRefusal(url))?.message ?? null)),
    send: courier.send,
    state: (destination) => store.state(destination),
    serve(prefix, find) {
      served.set(prefix, find);
      wake();
    },
    async start() {
      isStarted = true;
      await store.retryAll(clock.now());
      wake();
    },
    async stop() {
      ending.abort(new Error("The server is shutting down."));
      cancelTimer();
      await passing;
      await Promise.all(busy.values());
    },
  };
}
