import type { Replica } from "@slipway/runtime";
import type { Clock } from "../kernel/clock.ts";

/** When a copy is replaced by a fresh one: for models that grow, or that keep what they should forget. */
export interface RecycleSettings {
  /** Requests that a copy answers at most. Left out: no bound. */
  readonly requests?: number;
  /** How long it lives. Left out: no bound. */
  readonly afterMs?: number;
}

export interface RecycledReplicaDeps {
  readonly first: Replica;
  /** A fresh copy that has proved itself as the first one did. */
  readonly open: () => Promise<Replica>;
  readonly recycle: RecycleSettings;
  /** One after the other, for the copies of a version: two of one at a time are enough memory. */
  readonly inTurn: (work: () => Promise<void>) => Promise<void>;
  readonly clock: Clock;
  /** Told of each replacement (null), and of each that failed. */
  readonly onRecycled: (reason: string | null) => void;
}

/** After one that failed. */
const retryMs = 60_000;

interface Life {
  readonly replica: Replica;
  inFlight: number;
  /** Another one has taken its place. */
  isOver: boolean;
}

/** A copy that is replaced now and then: the fresh one is opened beside it and takes the next run; the old one answers what it has begun. */
export function createRecycledReplica(deps: RecycledReplicaDeps): Replica {
  const { first, open, recycle, inTurn, clock, onRecycled } = deps;
  const { requests: mostRequests = Infinity, afterMs } = recycle;
  let life: Life = { replica: first, inFlight: 0, isOver: false };
  let requests = 0;
  let renewing: Promise<void> | null = null;
  let restUntil = 0;
  let closing: Promise<void> | null = null;
  let stopTimer = () => {};

  function schedule(): void {
    requests = 0;
    if (afterMs !== undefined) stopTimer = clock.after(afterMs, renew);
  }
  function renew(): void {
    if (renewing !== null || closing !== null || clock.monotonic() < restUntil) return;
    stopTimer();
    renewing = inTurn(replace)
      .catch((error: unknown) => {
        onRecycled((error as Error).message);
        restUntil = clock.monotonic() + retryMs;
        stopTimer = clock.after(retryMs + 1, renew);
      })
      .finally(() => (renewing = null));
  }
  async function replace(): Promise<void> {
    if (closing !== null) return;
    const fresh = await open();
    // Whoever closes waits for this, and closes it then.
    const old = life;
    life = { replica: fresh, inFlight: 0, isOver: false };
    schedule();
    old.isOver = true;
    onRecycled(null);
    if (old.inFlight === 0) void old.replica.close();
  }
  async function close(): Promise<void> {
    stopTimer();
    await renewing;
    stopTimer();
    await life.replica.close();
  }

  schedule();
  return {
    ...(first.depth !== undefined && { depth: first.depth }),
    get ready() {
      return life.replica.ready ?? true;
    },
    get trouble() {
      return life.replica.trouble ?? null;
    },
    whenReady: () => life.replica.whenReady?.() ?? Promise.resolve(),
    async run(inputs, hints) {
      const own = life;
      requests += hints?.requests ?? 1;
      if (requests >= mostRequests) renew();
      own.inFlight++;
      try {
        return await own.replica.run(inputs, hints);
      } finally {
        own.inFlight--;
        if (own.isOver && own.inFlight === 0) void own.replica.close();
      }
    },
    close: () => (closing ??= close()),
  };
}

/** Work in the order in which it was asked for, one at a time; what fails does not keep the next from its turn. */
export function createTurns(): RecycledReplicaDeps["inTurn"] {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const turn = last.then(work);
    last = turn.catch(() => {});
    return turn;
  };
}
