import type { Judge } from "../judge.ts";
import { judgeWindow } from "./judge-window.ts";
import type { PerformanceDeps } from "./performance-deps.ts";
import type { PerformanceStore } from "./store.ts";

export const judgeName = "performance";

/** Earlier windows that labels' rate and the baseline are told from. */
const mostRecent = 500;
const mostFirst = 30;

/** Reads what was measured: nothing where the window had no answers, or has not been measured yet. */
export function createJudge({
  store,
  findReference,
}: Pick<PerformanceDeps, "findReference"> & { readonly store: PerformanceStore }): Judge {
  return {
    name: judgeName,
    async judge({ watched, window, settings, now }) {
      const about = { watched, windowMs: window.to - window.from };
      const slices = await store.list({
        ...about,
        slice: null,
        since: window.to,
        until: window.to,
        order: "oldest",
        limit: 1000,
      });
      if (slices.length === 0) return [];
      const estimator = (await findReference(watched))?.estimator ?? null;
      const findings = [];
      for (const current of slices) {
        const { slice } = current;
        const [first, recent] = await Promise.all([
          store.list({ ...about, slice, until: window.from, state: "final", order: "oldest", limit: mostFirst }),
          store.list({ ...about, slice, until: window.to, order: "newest", limit: mostRecent }),
        ]);
        findings.push(...judgeWindow({ current, first, recent, estimator, settings, now }));
      }
      return findings;
    },
  };
}
