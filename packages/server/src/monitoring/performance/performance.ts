import { createHash } from "node:crypto";
import { createId } from "../../kernel/ids.ts";
import type { Judge } from "../judge.ts";
import type { MonitorSettings } from "../settings.ts";
import { createJudge, judgeName } from "./judge.ts";
import { createMeasuring } from "./measuring.ts";
import type { PerformanceDeps } from "./performance-deps.ts";
import type { PerformanceWindow } from "./performance-window.ts";
import { createPoints, type Points } from "./points.ts";
import { createPerformanceStore, toRow, type ListWindows } from "./store.ts";
import type * as tasks from "./performance-tasks.ts";

/** How good the answers were, told from labels, and before they come. */
export interface Performance {
  readonly judge: Judge;
  /**
   * Looks for windows whose predictions or labels have changed, measures them anew and has them judged. Costs next to nothing
   * where nothing has happened, and little of one core in any case: where there is much, changes are seen later.
   */
  sync(): Promise<void>;
  /** The same of everything on record now, at once. */
  refresh(): Promise<void>;
  list(query: ListWindows): Promise<PerformanceWindow[]>;
  /** The course of the judged metrics, with their limits. */
  points: Points;
  /** Removes windows that ended before. */
  prune(before: number): Promise<void>;
}

const script = new URL(`./performance-tasks${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);

/** Of a look, so that lakes of any size cost little of a core. */
const dutyShare = 1 / 20;
const mostPauseMs = 600_000;
const leastPauseMs = 1_000;
const usualPauseMs = 30_000;
/** Windows that are saved together. */
const batch = 100;
/** Predictions that were under way at a window's end are on record by then. */
const graceMs = 2_000;

export function createPerformance(deps: PerformanceDeps): Performance {
  const { sql, lake, settingsOf, findEstimator, clock, logger } = deps;
  const store = createPerformanceStore(sql);
  const saving = sql.tasks<typeof tasks>(script);
  const measure = createMeasuring({ ...deps, store });
  const seen = new Map<string, Seen>();
  let turn: Promise<unknown> = Promise.resolve();

  /** One look at a time. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = turn.then(work);
    turn = mine.catch(() => undefined);
    return mine;
  }

  async function look(endpoint: string, settings: MonitorSettings, until: number): Promise<void> {
    for (;;) {
      const { windows, more } = await measure({ endpoint, settings, until, now: clock.now(), most: batch });
      if (windows.length > 0)
        await saving.write("saveWindows", { rows: windows.map(toRow), judge: judgeName, seq: createId() });
      if (!more) return;
    }
  }

  async function lookAtAll(isForced: boolean): Promise<void> {
    const now = clock.now();
    const until = now - graceMs;
    const due = [...(await listEndpoints(lake))].flatMap(([endpoint, files]) => {
      const settings = settingsOf(endpoint);
      if (settings === null) return [];
      const last = seen.get(endpoint);
      const state = { files, slot: Math.floor(until / settings.windowMs), settings };
      const isNew =
        last === undefined || last.files !== files || last.slot !== state.slot || last.settings !== settings;
      const isDue = isForced || (now >= (last?.nextAt ?? 0) && (isNew || now >= (last?.againAt ?? 0)));
      return isDue ? [{ endpoint, settings, state }] : [];
    });
    for (const { endpoint, settings, state } of due) {
      const startedAt = clock.now();
      try {
        await look(endpoint, settings, until);
      } catch (error) {
        logger.warn({ endpoint, error }, "the performance of an endpoint could not be measured; it is tried again");
        if (isForced) throw error;
      }
      const took = clock.now() - startedAt;
      const pause = Math.max(leastPauseMs, Math.min(usualPauseMs, settings.windowMs / 4), took / dutyShare);
      const nextAt = clock.now() + Math.min(mostPauseMs, pause);
      // Horizons of labels pass, and references are made, without a new file.
      seen.set(endpoint, { ...state, nextAt, againAt: clock.now() + mostPauseMs });
    }
  }

  /** Where a window has ended since the last look, its predictions are brought into the lake. */
  async function flushEnded(): Promise<void> {
    const until = clock.now() - graceMs;
    const isEnded = ([endpoint, { slot, nextAt }]: [string, Seen]) => {
      const settings = settingsOf(endpoint);
      return settings !== null && clock.now() >= nextAt && Math.floor(until / settings.windowMs) > slot;
    };
    if ([...seen].some(isEnded)) await lake.flush();
  }

  return {
    judge: createJudge({ store, findEstimator }),
    sync: () =>
      inTurn(async () => {
        await flushEnded();
        await lookAtAll(false);
      }),
    refresh: () =>
      inTurn(async () => {
        await lake.flush();
        await lookAtAll(true);
      }),
    list: store.list,
    points: createPoints({ store, findEstimator }),
    prune: store.prune,
  };
}

/** How an endpoint was when it was looked at last. */
interface Seen {
  readonly files: string;
  /** The window that was growing. */
  readonly slot: number;
  readonly settings: MonitorSettings;
  readonly nextAt: number;
  readonly againAt: number;
}

/** Endpoints with predictions, and a text that changes with their files. */
async function listEndpoints(lake: PerformanceDeps["lake"]): Promise<Map<string, string>> {
  const files = await lake.listFiles();
  const byEndpoint = new Map<string, string[]>();
  const withPredictions = new Set<string>();
  for (const { endpoint, kind, id } of files) {
    byEndpoint.set(endpoint, [...(byEndpoint.get(endpoint) ?? []), id]);
    if (kind === "predictions") withPredictions.add(endpoint);
  }
  return new Map(
    [...byEndpoint]
      .filter(([endpoint]) => withPredictions.has(endpoint))
      .map(([endpoint, ids]) => [endpoint, createHash("sha256").update(ids.toSorted().join()).digest("hex")]),
  );
}
