import { SlipwayError } from "@slipway/contract";
import { createHash } from "node:crypto";
import { createId } from "../../kernel/ids.ts";
import type { MonitorSettings } from "../settings.ts";
import { windowAt } from "../watched.ts";
import { judgeName } from "./judge.ts";
import { createMeasuring, type LookedAt } from "./measuring.ts";
import type { PerformanceDeps } from "./performance-deps.ts";
import type * as tasks from "./performance-tasks.ts";
import { performanceScript, toRow, type PerformanceStore } from "./store.ts";

export interface Looks {
  sync(): Promise<void>;
  refresh(): Promise<void>;
}

/** Of a look, so that lakes of any size cost little of a core. */
const dutyShare = 1 / 10;
const mostPauseMs = 600_000;
const leastPauseMs = 1_000;
const usualPauseMs = 30_000;
/** Whoever waits for a look goes on without it. */
const mostWaitMs = 5_000;
/** Windows that are saved together. */
const batch = 100;
const dayMs = 86_400_000;
/** What was measured longer ago is forgotten. */
const keepMs = 400 * dayMs;
/** Predictions that were under way at a window's end are on record by then. */
const graceMs = 2_000;

/** How an endpoint was when it was looked at last. */
interface Seen {
  /** Changes with the files that matter. */
  readonly files: string;
  readonly settings: MonitorSettings;
  /** Where the window that was growing begins. */
  readonly growing: number;
  /** Windows before it were given up waiting for. */
  readonly due: number;
  readonly versions: readonly LookedAt[];
  /** Not before. */
  readonly nextAt: number;
}

/** An endpoint with windows that have ended. */
interface Ended {
  readonly endpoint: string;
  readonly settings: MonitorSettings;
  readonly growing: number;
  readonly files: string;
}

/** Finds out when the windows of an endpoint have to be looked at, and has what has changed measured, saved and judged. */
export function createLooks(deps: PerformanceDeps & { readonly store: PerformanceStore }): Looks {
  const { sql, lake, store, settingsOf, findReference, clock, logger } = deps;
  const saving = sql.tasks<typeof tasks>(performanceScript);
  const measure = createMeasuring(deps);
  const seen = new Map<string, Seen>();
  const inTurn = createTurn();
  let prunedAt = 0;

  async function look(endpoint: string, settings: MonitorSettings): Promise<readonly LookedAt[]> {
    const now = clock.now();
    for (;;) {
      const until = now - graceMs;
      const { windows, more, versions } = await measure({ endpoint, settings, until, now, most: batch });
      if (windows.length > 0)
        await saving.write("saveWindows", { rows: windows.map(toRow), judge: judgeName, seq: createId() });
      if (!more) return versions;
    }
  }

  async function tryLook({ endpoint, settings, growing, files }: Ended): Promise<void> {
    const startedAt = clock.now();
    let seenFiles = files;
    let versions: readonly LookedAt[] = [];
    try {
      versions = await look(endpoint, settings);
    } catch (error) {
      seenFiles = "";
      if (!SlipwayError.is(error) || error.code !== "shutting_down")
        logger.warn({ endpoint, error }, "the performance of an endpoint could not be measured; it is tried again");
    }
    const took = clock.now() - startedAt;
    const pause = Math.max(leastPauseMs, Math.min(usualPauseMs, settings.windowMs / 4), took / dutyShare);
    const nextAt = clock.now() + Math.min(mostPauseMs, pause);
    seen.set(endpoint, { files: seenFiles, settings, growing, due: dueOf(settings), versions, nextAt });
  }

  /** Windows from here on still wait for labels. */
  function dueOf({ labels: { horizonMs }, windowMs }: MonitorSettings): number {
    return horizonMs === null ? 0 : windowAt(clock.now() - horizonMs, windowMs).from;
  }

  async function isDue({ endpoint, settings, growing, files }: Ended): Promise<boolean> {
    const last = seen.get(endpoint);
    if (last === undefined) return true;
    if (clock.now() < last.nextAt) return false;
    if (last.files !== files || last.growing !== growing || last.settings !== settings) return true;
    if (last.due !== dueOf(settings)) return true;
    for (const { model, version, reference } of last.versions)
      if (((await findReference({ endpoint, model, version }))?.id ?? null) !== reference) return true;
    return false;
  }

  /** Where a window has ended since the last look, its predictions are brought into the lake. */
  async function flushEnded(): Promise<void> {
    const isEnded = ([endpoint, { growing, nextAt }]: [string, Seen]) => {
      const settings = settingsOf(endpoint);
      if (settings === null || clock.now() < nextAt) return false;
      return windowAt(clock.now() - graceMs, settings.windowMs).from > growing;
    };
    if ([...seen].some(isEnded)) await lake.flush();
  }

  async function prune(): Promise<void> {
    if (clock.now() - prunedAt < dayMs) return;
    prunedAt = clock.now();
    await store.prune(prunedAt - keepMs);
  }

  async function syncNow(): Promise<void> {
    await prune();
    await flushEnded();
    for (const ended of await listEnded(deps)) if (await isDue(ended)) await tryLook(ended);
  }

  return {
    async sync() {
      const enough = new AbortController();
      const looked = inTurn(syncNow).finally(() => enough.abort());
      await Promise.race([looked, clock.sleep(mostWaitMs, enough.signal)]);
    },
    refresh: () =>
      inTurn(async () => {
        await lake.flush();
        for (const { endpoint, settings } of await listEnded(deps)) await look(endpoint, settings);
      }),
  };
}

/** One after the other; calls that wait for their turn already share it. */
function createTurn(): (work: () => Promise<void>) => Promise<void> {
  let last: Promise<void> = Promise.resolve();
  let waiting: { readonly work: () => Promise<void>; readonly mine: Promise<void> } | null = null;
  return (work) => {
    if (waiting?.work === work) return waiting.mine;
    const mine = last.then(() => {
      if (waiting?.mine === mine) waiting = null;
      return work();
    });
    waiting = { work, mine };
    last = mine.catch(() => undefined);
    return mine;
  };
}

/** Watched endpoints with predictions of windows that are over. What the window that is growing gets is no news. */
async function listEnded({
  lake,
  settingsOf,
  clock,
}: Pick<PerformanceDeps, "lake" | "settingsOf" | "clock">): Promise<Ended[]> {
  const byEndpoint = Map.groupBy(await lake.listFiles(), ({ endpoint }) => endpoint);
  const found: Ended[] = [];
  for (const [endpoint, files] of byEndpoint) {
    const settings = settingsOf(endpoint);
    if (settings === null) continue;
    const growing = windowAt(clock.now() - graceMs, settings.windowMs).from;
    const old = files.filter(({ kind, minAt }) => kind === "predictions" && minAt < growing);
    if (old.length === 0) continue;
    const labels = files.filter(({ kind }) => kind === "labels");
    const ids = [...old, ...labels].map(({ id }) => id).toSorted();
    found.push({ endpoint, settings, growing, files: createHash("sha256").update(ids.join()).digest("hex") });
  }
  return found;
}
