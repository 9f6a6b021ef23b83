import type { LoadedVersion } from "../../serving/index.ts";
import type { Journey } from "../journey.ts";
import { createRepeatRequest, type RepeatDeps } from "./repeat-request.ts";
import { createShadowCounts, type DropReason, type ShadowCounts } from "./shadow-counts.ts";
import { createTurn, type Turn } from "./turn.ts";
import { createShadowQueue, toWaiting, type Waiting } from "./shadow-queue.ts";

/** Answers requests once more by one version, some time later, for nobody. */
export interface Repeater {
  readonly counts: ShadowCounts;
  /** Rows that wait or run. */
  readonly waitingRows: number;
  /** Takes the request or drops it; either way it costs next to nothing now. */
  offer(journey: Journey): void;
  /** From now on it runs on this version; `loading`, `failed`: there is none. */
  setVersion(version: LoadedVersion | "loading" | "failed"): void;
  /** Lets go of what waits and of what runs: none of it gets on record any more. */
  letGo(): void;
}

export function createRepeater(deps: RepeatDeps): Repeater {
  const { clock, budget, limits } = deps;
  const queue = createShadowQueue(limits.queue);
  const counts = createShadowCounts();
  const repeat = createRepeatRequest(deps, counts);
  let version: LoadedVersion | "loading" | "failed" = "loading";
  let stopTimer: (() => void) | null = null;
  let running = 0;
  const turns = new Set<Turn>();

  const drop = (reason: DropReason, count = 1) => void (counts.dropped[reason] += count);

  function wake(ms: number): void {
    stopTimer ??= clock.after(ms, () => {
      stopTimer = null;
      const from = clock.monotonic();
      if (typeof version === "object") pump(version, from + limits.sliceMs);
      const spent = clock.monotonic() - from;
      counts.loopMs += spent;
      budget.spend(spent);
      if (running < limits.rowsAtOnce && queue.length > 0) wake(1);
    });
  }

  /** Hands over what waits, for so long; what is over makes room for more. */
  function pump(loaded: LoadedVersion, until: number): void {
    const turn = createTurn({ clock, longestMs: limits.longestMs, onEnd: (one) => void turns.delete(one) });
    turns.add(turn);
    handOver(loaded, until, turn);
    turn.close();
  }

  function handOver(loaded: LoadedVersion, until: number, turn: Turn): void {
    while (running < limits.rowsAtOnce) {
      const next = queue.shift();
      if (next === null) return;
      const now = clock.monotonic();
      if (now - next.since > limits.longestMs) {
        drop("late");
        queue.letGo(next);
      } else begin(next, loaded, turn);
      if (now >= until) return;
    }
  }

  function begin(next: Waiting, loaded: LoadedVersion, turn: Turn): void {
    const { journey, rows } = next;
    running += rows;
    turn.enter();
    void repeat(journey, loaded, turn).finally(() => {
      turn.leave();
      running -= rows;
      queue.letGo(next);
      if (queue.length > 0) wake(1);
    });
  }

  return {
    counts,
    get waitingRows() {
      return queue.rows;
    },
    offer(journey) {
      counts.sampled++;
      if (typeof version === "string") return drop(version);
      const now = clock.monotonic();
      if (!budget.has(now)) return drop("busy");
      if (!queue.push(toWaiting(journey, now))) return drop("queue");
      wake(limits.gatherMs);
    },
    setVersion: (next) => void (version = next),
    letGo() {
      drop("gone", queue.clear());
      for (const turn of turns) turn.letGo();
    },
  };
}
