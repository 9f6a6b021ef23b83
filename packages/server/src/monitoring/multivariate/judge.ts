import type { BlobStore } from "../../platform/blobs/index.ts";
import type { PredictionLake } from "../../predictions/index.ts";
import { univariateShare } from "../drift/judge.ts";
import type { Judge } from "../judge.ts";
import type { ProfilesStore } from "../profiles/index.ts";
import type { FindReference } from "../reference/reference.ts";
import type { Usual } from "./compare-rows.ts";
import { judgeRows } from "./judge-rows.ts";
import type { MultivariateFound, MultivariateJob } from "./multivariate-task.ts";

export interface MultivariateDeps {
  readonly blobs: Pick<BlobStore, "path" | "hold">;
  readonly lake: Pick<PredictionLake, "flush" | "readViews">;
  readonly profiles: Pick<ProfilesStore, "listSlices">;
  readonly findReference: FindReference;
}

const script = new URL(`./multivariate-task${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);
/** It takes about a second of another process: not for windows that end faster. */
const shortestMs = 60_000;
const timeoutMs = 120_000;
const mostColumns = 100;
const mostKept = 200;

/** Compares the rows of a window with the reference's, all inputs together, in the process of the lake. What is usual is kept in memory. */
export function createMultivariateJudge({ blobs, lake, profiles, findReference }: MultivariateDeps): Judge {
  const kept = new Map<string, Usual>();
  return {
    name: "multivariate",
    isCostly: true,
    async judge({ watched, window, settings }) {
      const { drift, windowMs } = settings;
      if (!drift.multivariate || windowMs < shortestMs) return [];
      const slices = await profiles.listSlices({ watched, ...window });
      const rows = slices.find(({ slice }) => slice === "")?.rows ?? 0;
      if (rows === 0) return [];
      const reference = await findReference(watched);
      if (reference === null) return [];
      const { provisional, plan, sample } = reference;
      const judged = { minRows: drift.minRows, provisional, alpha: drift.alpha * (1 - univariateShare) };
      const none = { rows, sampleRows: sample.rows, usual: null, compared: null, names: [] };
      if (rows < drift.minRows) return judgeRows({ ...judged, found: none });
      const columns = plan.columns
        .filter(({ name, role }) => role === "input" && !drift.ignore.includes(name))
        .slice(0, mostColumns);
      const key = JSON.stringify([reference.id, windowMs, drift.ignore, sizeOf(rows)]);
      const hold = await blobs.hold([sample.sha256]);
      try {
        await lake.flush();
        const job: MultivariateJob = {
          model: watched.model,
          version: watched.version,
          window,
          path: blobs.path(sample.sha256),
          columns,
          windowMs,
          usual: kept.get(key) ?? null,
        };
        const views = { endpoint: watched.endpoint, since: window.from, until: window.to };
        const task = { module: script, input: job };
        const found = await lake.readViews<MultivariateFound>(views, task, { timeoutMs });
        if (found.usual !== null) kept.set(key, found.usual);
        for (const oldest of [...kept.keys()].slice(0, Math.max(0, kept.size - mostKept))) kept.delete(oldest);
        return judgeRows({ ...judged, found });
      } finally {
        hold.release();
      }
    },
  };
}

/** Windows of about as many rows share what is usual. */
function sizeOf(rows: number): number {
  return rows >= 1000 ? 1000 : rows >= 500 ? 500 : rows >= 200 ? 200 : 100;
}
