import type { Endpoints } from "../../endpoints/index.ts";
import type { Logger } from "../../kernel/logger.ts";
import type { Http } from "../../platform/http/index.ts";
import { sendErrorText } from "../error-answer.ts";
import type { ModelPath, ServedModels } from "../served-models.ts";
import { infer } from "./infer.ts";
import { registerRepository } from "./repository.ts";

export interface OipDeps {
  readonly version: string;
  readonly endpoints: Endpoints;
  readonly models: ServedModels;
  readonly logger: Logger;
  ready(): boolean;
}

const open = { config: { scope: "public" } };
const infers = { config: { scope: "infer" } };

/** Triton's names of what is spoken beyond the protocol itself. */
const extensions = ["binary_tensor_data", "classification", "model_configuration", "model_repository", "statistics"];

/** Open Inference Protocol V2 over HTTP. The model name is an endpoint; a version in the path pins the request to it. */
export function registerOip(app: Http, deps: OipDeps): void {
  const { models } = deps;
  app.register(async (scope) => {
    scope.setErrorHandler((error, _request, reply) => sendErrorText(error, reply, deps.logger));
    scope.get("/v2", infers, async () => ({ name: "slipway", version: deps.version, extensions }));
    scope.get("/v2/health/live", open, async () => ({ live: true }));
    scope.get("/v2/health/ready", open, async (_request, reply) => {
      const ready = deps.ready();
      return reply.status(ready ? 200 : 503).send({ ready });
    });
    scope.get("/v2/models", infers, async () => ({ models: models.list() }));
    scope.get("/v2/models/stats", infers, async () => ({ model_stats: await models.allStatistics() }));
    for (const base of ["/v2/models/:model", "/v2/models/:model/versions/:version"]) {
      scope.get<{ Params: ModelPath }>(base, infers, ({ params }) => models.metadata(params));
      scope.get<{ Params: ModelPath }>(`${base}/config`, infers, ({ params }) => models.config(params));
      scope.get<{ Params: ModelPath }>(`${base}/stats`, infers, async ({ params }) => ({
        model_stats: [await models.statistics(params)],
      }));
      scope.get<{ Params: ModelPath }>(`${base}/ready`, infers, async ({ params }, reply) => {
        const { model, version } = params;
        const ready = await models.isReady(params);
        return reply
          .status(ready ? 200 : 503)
          .send({ name: model, ...(version === undefined ? {} : { version }), ready });
      });
      scope.post<{ Params: ModelPath }>(`${base}/infer`, infers, (request, reply) =>
        infer(deps.endpoints.infer, request, reply),
      );
    }
    registerRepository(scope, deps.endpoints.repository);
  });
}
