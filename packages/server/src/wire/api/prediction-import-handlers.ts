import type { PredictionImportRequest } from "@slipway/contract";
import type { ImportPredictions } from "../../endpoints/index.ts";
import type { Clock } from "../../kernel/clock.ts";
import type { Handlers } from "./register.ts";
import { parseSince } from "./since.ts";
import { toOperationView, toTimestamp } from "./views.ts";

export interface PredictionImportHandlerDeps {
  readonly importPredictions: ImportPredictions;
  readonly clock: Clock;
}

export function createPredictionImportHandlers({
  importPredictions,
  clock,
}: PredictionImportHandlerDeps): Pick<Handlers, "importPredictions"> {
  return {
    importPredictions: async ({ params, body, author }) => {
      const { from, to, ...request } = body as PredictionImportRequest;
      const time = (text: string) => toTimestamp(parseSince(text, clock.now()));
      const times = { ...(from !== undefined && { from: time(from) }), ...(to !== undefined && { to: time(to) }) };
      return toOperationView(await importPredictions(params["endpoint"]!, { ...request, ...times }, author));
    },
  };
}
