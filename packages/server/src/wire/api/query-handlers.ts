import { open, rm } from "node:fs/promises";
import type { QueryRequest } from "@slipway/contract";
import type { Endpoints } from "../../endpoints/index.ts";
import type { Clock } from "../../kernel/clock.ts";
import type { PredictionLake } from "../../predictions/index.ts";
import type { Handlers } from "./register.ts";
import { parseSince } from "./since.ts";

const contentTypes = {
  json: "application/json; charset=utf-8",
  csv: "text/csv; charset=utf-8",
  parquet: "application/vnd.apache.parquet",
} as const;

interface QueryHandlerDeps {
  readonly predictionLake: PredictionLake;
  readonly endpoints: Endpoints;
  readonly clock: Clock;
}

export function createQueryHandlers(deps: QueryHandlerDeps): Pick<Handlers, "queryPredictions"> {
  const { predictionLake, endpoints, clock } = deps;
  return {
    queryPredictions: async ({ params, body, reply }) => {
      const endpoint = params["endpoint"]!;
      await endpoints.require(endpoint);
      const { sql, limit, format = "json", timeout_ms: timeoutMs, since, until } = body as QueryRequest;
      const time = (text: string | undefined) => (text === undefined ? null : parseSince(text, clock.now()));
      const gone = new AbortController();
      const leave = () => gone.abort();
      reply.raw.once("close", leave);
      const query = { endpoint, sql, format, limit, timeoutMs, since: time(since), until: time(until) };
      const { path, rows, truncated, bytes } = await predictionLake.query({ ...query, signal: gone.signal });
      reply.raw.off("close", leave);
      const handle = await open(path, "r");
      // An open file is read to its end also where its name is gone.
      await rm(path, { force: true });
      reply.header("content-type", contentTypes[format]);
      reply.header("content-length", bytes);
      reply.header("slipway-rows", rows);
      reply.header("slipway-truncated", String(truncated));
      return handle.createReadStream();
    },
  };
}
