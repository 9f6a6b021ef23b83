import type { Clock } from "../kernel/clock.ts";
import type { Events } from "../kernel/events.ts";
import { terminalPhases, type Rollout } from "./rollout.ts";
import type { Wait } from "./use-cases.ts";

export interface WaitDeps {
  readonly clock: Clock;
  readonly changes: Events<Rollout>;
  readonly get: (id: string) => Promise<Rollout>;
}

/** The rollout once it has a later event, has ended, or the time is over. */
export async function waitForNews({ clock, changes, get }: WaitDeps, id: string, how: Wait): Promise<Rollout> {
  const done = new AbortController();
  const { promise, resolve } = Promise.withResolvers<Rollout | null>();
  const stopListening = changes.on((changed) => {
    if (changed.id === id && isNews(changed, how)) resolve(changed);
  });
  const giveUp = () => resolve(null);
  how.signal?.addEventListener("abort", giveUp, { once: true });
  try {
    void clock.sleep(how.timeoutMs, done.signal).then(giveUp);
    const present = await get(id);
    if (isNews(present, how)) return present;
    const news = await promise;
    how.signal?.throwIfAborted();
    return news ?? (await get(id));
  } finally {
    done.abort();
    stopListening();
    how.signal?.removeEventListener("abort", giveUp);
  }
}

function isNews({ status }: Rollout, { after }: Wait): boolean {
  return status.seq > after || terminalPhases.has(status.phase);
}
