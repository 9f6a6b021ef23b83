import { parseAddress, SlipwayError } from "@slipway/contract";
import type { Endpoints, Route } from "../../endpoints/index.ts";
import type { Logger } from "../../kernel/logger.ts";
import type { Http } from "../../platform/http/index.ts";
import type { Registry } from "../../registry/index.ts";
import { sendScoringError } from "./errors.ts";
import { invoke, type Invocation } from "./invoke.ts";

export { sendScoringError };

export interface ScoringDeps {
  readonly endpoints: Pick<Endpoints, "infer" | "snapshot">;
  readonly registry: Pick<Registry, "resolve">;
  /** The endpoint of the paths at the root; null: the only one there is. */
  readonly defaultEndpoint: string | null;
  readonly logger: Logger;
}

/** What `GET /version` says: the MLflow release whose scoring protocol this is. From 3.4 on clients expect traces to be taken. */
const mlflowVersion = "3.3.2";
const open = { config: { scope: "public" } };
const infers = { config: { scope: "infer" } };

/** The protocol of `mlflow models serve`, for each endpoint below `/endpoints/NAME` and for one of them at the root. */
export function registerScoring(app: Http, deps: ScoringDeps): void {
  const { infer } = deps.endpoints;
  app.register(async (scope) => {
    scope.setErrorHandler((error, _request, reply) => sendScoringError(error, reply, deps.logger));
    scope.get("/version", open, async (_request, reply) => reply.type("text/plain").send(mlflowVersion));
    scope.get("/ping", infers, async (_request, reply) => {
      const route = requireDefault(deps);
      if (!route.loaded) throw new SlipwayError("not_ready", `${route.endpoint} cannot answer: ${route.failure}`);
      return reply.type("application/json").send("\n");
    });
    scope.post("/invocations", infers, async (request, reply) =>
      invoke(infer, { endpoint: requireDefault(deps).endpoint, version: null }, { request, reply }),
    );
    scope.post<{ Params: { endpoint: string } }>("/endpoints/:endpoint/invocations", infers, async (request, reply) =>
      invoke(infer, await toInvocation(deps, request.params.endpoint), { request, reply }),
    );
  });
}

/** `NAME`, `NAME@VERSION`, or `NAME@ALIAS` for the version that the alias means now. */
async function toInvocation({ registry }: ScoringDeps, text: string): Promise<Invocation> {
  if (!text.includes("@")) return { endpoint: text, version: null };
  const { name, version, alias } = parseAddress(text);
  if (version !== undefined) return { endpoint: name, version };
  return { endpoint: name, version: (await registry.resolve({ name, ...(alias ? { alias } : {}) })).version };
}

/** @throws SlipwayError `endpoint_not_found` that names what there is to choose from */
function requireDefault({ endpoints, defaultEndpoint }: ScoringDeps): Route {
  const { routes } = endpoints.snapshot();
  const serving = [...routes.values()].filter((route) => route.spec.target);
  const names = serving.map(({ endpoint }) => endpoint);
  const found =
    defaultEndpoint === null ? (serving.length === 1 ? serving[0] : undefined) : routes.get(defaultEndpoint);
  if (found?.spec.target) return found;
  const choices = names.slice(0, 20).map((name) => `/endpoints/${name}/invocations`);
  const there = choices.length === 0 ? "deploy a model first." : `there are: ${choices.join(", ")}.`;
  const why =
    defaultEndpoint === null
      ? choices.length === 0
        ? "No endpoint is in service; "
        : "The paths at the root are for a server with one endpoint, or with the option default_endpoint; "
      : `The default endpoint ${JSON.stringify(defaultEndpoint)} is not in service; `;
  throw new SlipwayError("endpoint_not_found", `${why}${there}`, { endpoints: names.slice(0, 20) });
}
