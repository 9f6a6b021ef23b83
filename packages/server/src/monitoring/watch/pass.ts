import { createJudging, type Reopen } from "./judging.ts";
import { createPauses } from "./pauses.ts";
import type { PendingWindow } from "./pending.ts";
import type { WatchDeps } from "./watch-deps.ts";

type PassDeps = WatchDeps & {
  readonly reopen: Reopen;
  /** Whether it is to end between two windows. */
  readonly isEnded: () => boolean;
};

/** No window is looked for sooner. */
export const tickMs = 1_000;
/** Predictions that were under way at a window's end are on record by then. */
const graceMs = 2_000;
const batch = 200;
const pruneEveryMs = 3_600_000;

/** Goes once through all windows that have ended and wait. */
export function createPass(deps: PassDeps): () => Promise<void> {
  const { store, sync, reopen, isEnded, clock, logger } = deps;
  const pauses = createPauses(clock);
  const judge = createJudging({ ...deps, pauses });
  const listFresh = createQuiet(deps);
  let prunedAt = 0;

  async function passNow(): Promise<void> {
    /** What could not be kept: it is not tried twice in a pass, for it would keep the others waiting. */
    const failed = new Set<string>();
    let lookedAt = await judgeFresh(failed);
    if (clock.now() - prunedAt > pruneEveryMs) {
      prunedAt = clock.now();
      await store.prune(prunedAt - deps.keepMs);
    }
    for (let after: PendingWindow | null = null; ;) {
      const pending: PendingWindow[] = await store.listPending(clock.now() - graceMs, batch, { after });
      if (pending.length === 0 || isEnded()) return;
      for (const each of pending) {
        after = each;
        await judgeOne(each, failed);
        // A past of months takes hours: what ends meanwhile does not wait for it.
        if (clock.now() - lookedAt >= tickMs) lookedAt = await judgeFresh(failed);
      }
    }
  }

  /** Windows that ended within the last two lengths, in their order. @returns when it began */
  async function judgeFresh(failed: Set<string>): Promise<number> {
    const now = clock.now();
    if (isEnded()) return now;
    await sync();
    const quiet = listFresh();
    if (quiet.length > 0) await reopen(quiet);
    for (let after: PendingWindow | null = null; ;) {
      const pending: PendingWindow[] = await store.listPending(now - graceMs, batch, { after, freshAt: now });
      if (pending.length === 0 || isEnded()) return now;
      for (const each of pending) {
        after = each;
        await judgeOne(each, failed);
      }
    }
  }

  /** One that cannot be judged must not keep the others from it. */
  async function judgeOne(pending: PendingWindow, failed: Set<string>): Promise<void> {
    const key = JSON.stringify(pending);
    if (isEnded() || failed.has(key) || pauses.isPaused(pending)) return;
    try {
      await judge(pending);
    } catch (error) {
      failed.add(key);
      logger.error({ error, ...pending }, "what was found in a window could not be kept");
    }
  }

  return passNow;
}

/** Windows without traffic, each once: it waits like the others from then on. */
function createQuiet({ listQuiet, clock }: WatchDeps) {
  const seen = new Map<string, number>();
  return () =>
    listQuiet(clock.now() - graceMs).filter(({ endpoint, model, version, to }) => {
      const key = `${endpoint}\n${model}@${version}`;
      if (seen.get(key) === to) return false;
      seen.set(key, to);
      return true;
    });
}
