import { SlipwayError, type GcRequest, type ReplayRequest } from "@slipway/contract";
import type { CollectGarbage, Endpoints, Replay } from "../../endpoints/index.ts";
import type { Clock } from "../../kernel/clock.ts";
import { idPattern } from "../../kernel/ids.ts";
import type { Handlers } from "./register.ts";
import { parseSince } from "./since.ts";
import { toOperationView } from "./views.ts";

export interface MaintenanceDeps {
  readonly replay: Replay;
  readonly collectGarbage: CollectGarbage;
  readonly endpoints: Endpoints;
  readonly clock: Clock;
}

export function createMaintenanceHandlers(deps: MaintenanceDeps): Pick<Handlers, "createReplay" | "collectGarbage"> {
  return {
    createReplay: async ({ body }) => {
      const request = body as ReplayRequest;
      const { on = null, absolute, relative } = request;
      const selection = await toSelection(deps, request);
      return toOperationView(await deps.replay({ selection, on, tolerance: { absolute, relative } }));
    },
    collectGarbage: async ({ body }) => {
      const { dry_run, older_than_ms, deleted_older_than_ms, operations_older_than_ms } = body as GcRequest;
      const options = {
        dryRun: dry_run,
        olderThanMs: older_than_ms,
        deletedOlderThanMs: deleted_older_than_ms,
        operationsOlderThanMs: operations_older_than_ms,
      };
      return toOperationView(await deps.collectGarbage(options));
    },
  };
}

async function toSelection({ endpoints, clock }: MaintenanceDeps, request: ReplayRequest) {
  const { prediction, endpoint, since, until, errors, limit } = request;
  if ((prediction === undefined) === (endpoint === undefined))
    throw new SlipwayError("invalid_request", "Name either a prediction or an endpoint.");
  if (endpoint !== undefined) {
    await endpoints.require(endpoint);
    const time = (text: string | undefined) => (text === undefined ? undefined : parseSince(text, clock.now()));
    return { endpoint, since: time(since), until: time(until), errors, limit };
  }
  if (since !== undefined || until !== undefined || errors !== undefined)
    throw new SlipwayError("invalid_request", "since, until and errors are about an endpoint, not a prediction.");
  const [id = "", row] = prediction!.split("/");
  if (!idPattern.test(id))
    throw new SlipwayError("prediction_not_found", `There is no prediction ${JSON.stringify(id)} on record.`, { id });
  return { id, row: row === undefined ? null : Number(row) };
}
