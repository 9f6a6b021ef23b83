import type { Judge } from "../judge.ts";
import { createJudge } from "./judge.ts";
import { createLooks } from "./looks.ts";
import type { PerformanceDeps } from "./performance-deps.ts";
import type { PerformanceWindow } from "./performance-window.ts";
import { createPoints, type Points } from "./points.ts";
import { createPerformanceStore, type ListWindows } from "./store.ts";

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
}

export function createPerformance(deps: PerformanceDeps): Performance {
  const store = createPerformanceStore(deps.sql);
  const { findReference } = deps;
  const { sync, refresh } = createLooks({ ...deps, store });
  return {
    judge: createJudge({ ...deps, store }),
    sync,
    refresh,
    list: store.list,
    points: createPoints({ store, findReference }),
  };
}
