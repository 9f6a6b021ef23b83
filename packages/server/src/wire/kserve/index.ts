import { parseName, SlipwayError } from "@slipway/contract";
import type { Endpoints } from "../../endpoints/index.ts";
import type { Logger } from "../../kernel/logger.ts";
import type { Http } from "../../platform/http/index.ts";
import { sendErrorText } from "../error-answer.ts";
import { predict } from "./predict.ts";

export interface KserveDeps {
  readonly endpoints: Pick<Endpoints, "infer" | "snapshot">;
  readonly logger: Logger;
}

interface ModelPath {
  readonly model: string;
  readonly version?: string;
}

const infers = { config: { scope: "infer" } };

/** KServe V1, and what TensorFlow Serving's REST shares with it. The model name is an endpoint. */
export function registerKserve(app: Http, { endpoints, logger }: KserveDeps): void {
  app.register(async (scope) => {
    scope.setErrorHandler((error, _request, reply) => sendErrorText(error, reply, logger));
    scope.get("/v1/models", infers, async () => {
      const serving = [...endpoints.snapshot().routes.values()].filter((route) => route.spec.target);
      return { models: serving.map(({ endpoint }) => endpoint) };
    });
    scope.get<{ Params: ModelPath }>("/v1/models/:model", infers, async ({ params }, reply) => {
      const name = parseName(params.model, "model name");
      const route = endpoints.snapshot().routes.get(name);
      if (!route?.spec.target)
        throw new SlipwayError("endpoint_not_found", `There is no model ${JSON.stringify(name)}.`, { endpoint: name });
      const ready = route.stop === null && route.loaded !== null && route.loaded.replicas.ready > 0;
      return reply.status(ready ? 200 : 503).send({ name, ready });
    });
    // The verb is the end of the last segment; a route pattern cannot tell a colon that is meant from one of its own.
    for (const path of ["/v1/models/:model", "/v1/models/:model/versions/:version"])
      scope.post<{ Params: ModelPath }>(path, infers, (request, reply) => predict(endpoints.infer, request, reply));
  });
}
