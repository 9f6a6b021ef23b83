import type { FastifyRequest } from "fastify";
import { callerOf, receiveGetBody, type Http } from "../../platform/http/index.ts";
import { registerArtifactPaths } from "./artifact-paths.ts";
import { sendMlflowError, sendNoEndpoint } from "./errors.ts";
import { readInput } from "./read-input.ts";
import { createGraphqlRoutes } from "./graphql/graphql-handlers.ts";
import type { MlflowRoute } from "./route.ts";
import { createRoutes, type MlflowDeps } from "./routes.ts";
import { createUiRoutes, registerMlflowUi, type MlflowUi } from "./ui/index.ts";

export { sendMlflowError };
export { findMlflowUi, type MlflowUi } from "./ui/index.ts";
export { toMlflowPath } from "./paths.ts";
export type { MlflowDeps };

interface UiDeps {
  /** Null: there is none. */
  readonly ui: MlflowUi | null;
  readonly basePath: string;
  /** The longest pause in an upload. */
  readonly requestTimeoutMs: number;
}

/** MLflow's tracking, artifacts and registry, for clients that know nothing of Slipway. */
export function registerMlflow(app: Http, deps: MlflowDeps & UiDeps): void {
  app.register(async (scope) => {
    scope.setErrorHandler((error, _request, reply) => sendMlflowError(error, reply, deps.logger));
    const rows = createRoutes(deps);
    for (const row of [...rows, ...createGraphqlRoutes(rows)]) registerRow(scope, row);
    registerArtifactPaths(scope, deps);
    if (deps.ui !== null) {
      for (const row of createUiRoutes()) registerRow(scope, row);
      registerMlflowUi(scope, { ui: deps.ui, basePath: deps.basePath });
    }
    for (const prefix of ["/api/2.0", "/api/3.0"])
      scope.all(`${prefix}/*`, { config: { scope: "public" } }, async (request, reply) =>
        sendNoEndpoint(request.method, request.originalUrl.split("?")[0]!, reply),
      );
  });
}

function registerRow(app: Http, row: MlflowRoute): void {
  app.route({
    method: row.method,
    url: row.version === null ? row.path : `/api/${row.version}${row.path}`,
    exposeHeadRoute: false,
    config: { scope: row.scope },
    handler: async (request, reply) => {
      if (row.method === "GET") await keepBody(request);
      const answer = await row.handler(readInput(row, request), { author: callerOf(request), http: request, reply });
      if (answer === reply) return reply;
      reply.header("content-type", "application/json");
      return reply.send(answer instanceof Uint8Array ? answer : Buffer.from(JSON.stringify(answer)));
    },
  });
}

/** Some clients send the parameters of a GET as its body. */
async function keepBody(request: FastifyRequest): Promise<void> {
  const { headers } = request;
  if (headers["content-length"] === undefined && headers["transfer-encoding"] === undefined) return;
  request.body = await receiveGetBody(request);
}
