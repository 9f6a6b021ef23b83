import { SlipwayError, type RunSelection } from "@slipway/contract";
import type { Operation, Operations } from "../../platform/queue/index.ts";
import type { Removal, RunsChosen, Tracking } from "../../tracking/index.ts";
import type { Handlers } from "./register.ts";
import { toExperimentIds } from "./tracking-handlers.ts";
import { toOperationView } from "./views.ts";

interface RunRemovalDeps {
  readonly tracking: Tracking;
  readonly removal: Removal;
  readonly operations: Operations;
}

const mostShown = 1000;

export function createRunRemovalHandlers(deps: RunRemovalDeps): Pick<Handlers, "deleteRuns" | "restoreRuns"> {
  return {
    deleteRuns: async ({ body }) => toOperationView(await start(deps, "deleted", body as RunSelection)),
    restoreRuns: async ({ body }) => toOperationView(await start(deps, "active", body as RunSelection)),
  };
}

async function start(deps: RunRemovalDeps, to: "active" | "deleted", selection: RunSelection): Promise<Operation> {
  const { removal, operations } = deps;
  const { dry_run: dryRun, experiment } = selection;
  const chosen = await toChosen(deps.tracking, selection);
  const kind = to === "deleted" ? "runs.delete" : "runs.restore";
  return operations.start(kind, experiment ?? "runs", async ({ progress, signal }) => {
    progress("runs", "looking for the runs", 0);
    const onProgress = (done: number) => progress("runs", to === "deleted" ? "deleting" : "restoring", done);
    const ids = await removal.moveRuns(chosen, { to, dryRun, signal, onProgress });
    return { dry_run: dryRun, count: ids.length, run_ids: ids.slice(0, mostShown) };
  });
}

async function toChosen(tracking: Tracking, { run_ids, experiment, filter }: RunSelection): Promise<RunsChosen> {
  const searches = experiment !== undefined || filter !== undefined;
  if ((run_ids !== undefined) === searches)
    throw new SlipwayError("invalid_request", "Name runs by run_ids, or by an experiment, a filter or both.");
  if (run_ids !== undefined) return { ids: [...new Set(run_ids)], search: null };
  return { ids: null, search: { experimentIds: await toExperimentIds(tracking, experiment), filter } };
}
