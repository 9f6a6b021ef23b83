import { countSlower, type ListMinutes, type Minute } from "../profiles/index.ts";
import type { Watched } from "../watched.ts";
import type { Share } from "./burn-rate.ts";

/** What is kept of a minute. */
export interface Beat {
  readonly requests: number;
  readonly errors: number;
  readonly slow: number;
}

export interface RecentMinutes {
  /** The errors, or the slow ones, among the requests of the last `ms`. */
  shareOf(of: "errors" | "slow", ms: number): Share;
  /** Beginnings of the minutes with traffic, oldest first. */
  readonly active: readonly number[];
}

export const minuteMs = 60_000;
const keptMs = 7 * 24 * 60 * minuteMs;
/** Read again each time: what came late is counted then. */
const lateMs = 10 * minuteMs;
/** Rows of one read, so that none keeps the event loop. */
const chunkMs = 6 * 60 * minuteMs;

export type ReadMinutes = (query: ListMinutes) => Promise<readonly Minute[]>;

/** The minutes of the last seven days of one version in memory: each look reads only what is new. */
export function createRecentMinutes(
  watched: Watched,
  { read, latencyMs }: { read: ReadMinutes; latencyMs: number | null },
) {
  const beats = new Map<number, Beat>();
  let readUntil: number | null = null;

  return async (now: number): Promise<RecentMinutes> => {
    let from = readUntil === null ? now - keptMs : readUntil - lateMs;
    for (; from < now + minuteMs; from += chunkMs)
      for (const minute of await read({ ...watched, from, to: Math.min(from + chunkMs, now + minuteMs) }))
        beats.set(minute.minute, toBeat(minute, latencyMs));
    readUntil = now;
    for (const minute of beats.keys()) if (minute < now - keptMs) beats.delete(minute);
    return {
      active: [...beats.keys()].toSorted((a, b) => a - b),
      shareOf(of, ms) {
        const first = Math.floor((now - ms) / minuteMs) * minuteMs;
        let [bad, total] = [0, 0];
        for (const [minute, beat] of beats) {
          if (minute < first) continue;
          bad += beat[of];
          total += beat.requests;
        }
        return { bad, total };
      },
    };
  };
}

function toBeat({ requests, errors, latency }: Minute, latencyMs: number | null): Beat {
  return { requests, errors, slow: latencyMs === null ? 0 : countSlower(latency, latencyMs) };
}
