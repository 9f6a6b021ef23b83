import type { RoutingSnapshot } from "../../endpoints/index.ts";

/** What the copies of a version did in the last minutes. */
export interface Saturation {
  /** Share of the time in which they ran the model, 0 to 1. */
  readonly busy: number;
  readonly refused: number;
  readonly requests: number;
}

type Loaded = NonNullable<NonNullable<ReturnType<RoutingSnapshot["routes"]["get"]>>["loaded"]>;

interface Look {
  readonly at: number;
  readonly runMs: number;
  readonly refused: number;
  readonly requests: number;
}

const spanMs = 5 * 60_000;

/** Remembers the figures of loaded versions, which count from the load on. `monotonic`: milliseconds. */
export function createSaturation() {
  const known = new WeakMap<Loaded, Look[]>();
  /** Null: it has not been looked at for long enough. */
  return (loaded: Loaded, monotonic: number): Saturation | null => {
    const looks = known.get(loaded) ?? [];
    known.set(loaded, looks);
    const now = lookAt(loaded, monotonic);
    looks.push(now);
    while (looks.length > 2 && now.at - looks[1]!.at >= spanMs) looks.shift();
    const first = looks[0]!;
    if (now.at - first.at < spanMs) return null;
    const runMs = now.runMs - first.runMs;
    return {
      busy: Math.min(1, runMs / ((now.at - first.at) * Math.max(1, loaded.replicas.total))),
      refused: now.refused - first.refused,
      requests: now.requests - first.requests,
    };
  };
}

function lookAt({ stats }: Loaded, at: number): Look {
  let ns = 0;
  for (const ofSize of stats.batches.values()) ns += ofSize.ns;
  const refused = Object.values(stats.rejected).reduce((sum, count) => sum + count, 0);
  return { at, runMs: ns / 1e6, refused, requests: stats.success.count + stats.fail.count };
}
