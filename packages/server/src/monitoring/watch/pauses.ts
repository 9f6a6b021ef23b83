import type { Clock } from "../../kernel/clock.ts";
import type { PendingWindow } from "./pending.ts";

type Asked = Pick<PendingWindow, "endpoint" | "model" | "version" | "from" | "to" | "judge">;

export interface Pauses {
  isPaused(asked: Asked): boolean;
  /** Each failure in a row doubles the pause. */
  failed(asked: Asked): void;
  succeeded(asked: Asked): void;
}

const shortestMs = 1_000;
const longestMs = 300_000;
/** A judge that fails on more windows than this is asked about the oldest of them sooner. */
const mostKept = 10_000;

/**
 * When a judge that failed on a window is to be asked again. In memory: after a restart it is asked at once, and the reason may be gone.
 */
export function createPauses(clock: Clock): Pauses {
  const pauses = new Map<string, { readonly until: number; readonly ms: number }>();
  return {
    isPaused: (asked) => (pauses.get(keyOf(asked))?.until ?? 0) > clock.now(),
    failed(asked) {
      const key = keyOf(asked);
      const before = pauses.get(key);
      const ms = before === undefined ? shortestMs : Math.min(longestMs, 2 * before.ms);
      pauses.delete(key);
      pauses.set(key, { until: clock.now() + ms, ms });
      for (const oldest of pauses.keys()) {
        if (pauses.size <= mostKept) break;
        pauses.delete(oldest);
      }
    },
    succeeded: (asked) => void pauses.delete(keyOf(asked)),
  };
}

function keyOf({ endpoint, model, version, from, to, judge }: Asked): string {
  return JSON.stringify([endpoint, model, version, from, to, judge]);
}
