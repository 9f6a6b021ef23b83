import { SlipwayError } from "@slipway/contract";
import type { Endpoints } from "../../endpoints/index.ts";
import type { Clock } from "../../kernel/clock.ts";
import { idPattern } from "../../kernel/ids.ts";
import type { Labels, PredictionLog } from "../../predictions/index.ts";
import { parseSince } from "./since.ts";
import type { Handlers } from "./register.ts";
import { withLabel } from "./with-label.ts";

export function createPredictionHandlers({
  predictions,
  endpoints,
  labels,
  clock,
}: {
  predictions: PredictionLog;
  labels: Labels;
  endpoints: Endpoints;
  clock: Clock;
}): Pick<Handlers, "listPredictions" | "getPrediction"> {
  return {
    listPredictions: async ({ params, query }) => {
      const endpoint = params["endpoint"]!;
      await endpoints.require(endpoint);
      const time = (name: string) => {
        const text = query[name] as string | undefined;
        return text === undefined ? undefined : parseSince(text, clock.now());
      };
      return predictions.list({
        endpoint,
        since: time("since"),
        until: time("until"),
        errors: query["errors"] as boolean | undefined,
        key: query["key"] as string | undefined,
        shadows: query["shadows"] as boolean | undefined,
        order: (query["order"] as "newest" | "oldest" | undefined) ?? "newest",
        limit: query["limit"] as number,
        cursor: (query["cursor"] as string | undefined) ?? null,
      });
    },
    getPrediction: async ({ params, query }) => {
      const id = params["id"]!;
      const row = (query["row"] as number | undefined) ?? null;
      const found = idPattern.test(id) ? await predictions.find(id, row) : null;
      if (found) return withLabel(found, { labels, row });
      throw new SlipwayError("prediction_not_found", `There is no prediction ${JSON.stringify(id)} on record.`, { id });
    },
  };
}
