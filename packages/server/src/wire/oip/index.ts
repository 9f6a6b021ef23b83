import { parseName, SlipwayError } from "@slipway/contract";
import type { Endpoints, Route } from "../../endpoints/index.ts";
import type { Logger } from "../../kernel/logger.ts";
import type { Http } from "../../platform/http/index.ts";
import type { ModelVersion, Registry } from "../../registry/index.ts";
import { sendOipError } from "./errors.ts";
import { infer } from "./infer.ts";
import { parseVersion } from "./parse-version.ts";

export { sendOipError };

export interface OipDeps {
  readonly version: string;
  readonly endpoints: Endpoints;
  readonly registry: Registry;
  readonly logger: Logger;
  ready(): boolean;
}

interface ModelPath {
  readonly model: string;
  readonly version?: string;
}

const open = { config: { scope: "public" } };
const infers = { config: { scope: "infer" } };

/** Open Inference Protocol V2 over HTTP. The model name is an endpoint; a version in the path pins the request to it. */
export function registerOip(app: Http, deps: OipDeps): void {
  app.register(async (scope) => {
    scope.setErrorHandler((error, _request, reply) => sendOipError(error, reply, deps.logger));
    scope.get("/v2", infers, async () => ({ name: "slipway", version: deps.version, extensions: [] }));
    scope.get("/v2/health/live", open, async () => ({ live: true }));
    scope.get("/v2/health/ready", open, async (_request, reply) => {
      const ready = deps.ready();
      return reply.status(ready ? 200 : 503).send({ ready });
    });
    for (const base of ["/v2/models/:model", "/v2/models/:model/versions/:version"]) {
      scope.get<{ Params: ModelPath }>(base, infers, async (request) => metadata(deps, request.params));
      scope.get<{ Params: ModelPath }>(`${base}/ready`, infers, async (request, reply) => {
        const { model, version } = request.params;
        const ready = (await findServed(deps, request.params)) !== null;
        return reply
          .status(ready ? 200 : 503)
          .send({ name: model, ...(version === undefined ? {} : { version }), ready });
      });
      scope.post<{ Params: ModelPath }>(`${base}/infer`, infers, (request, reply) =>
        infer(deps.endpoints.infer, request, reply),
      );
    }
  });
}

function requireRoute(deps: OipDeps, name: string): Route {
  const route = deps.endpoints.snapshot().routes.get(parseName(name, "model name"));
  if (route?.spec.target) return route;
  throw new SlipwayError("endpoint_not_found", `There is no model ${JSON.stringify(name)}.`, { endpoint: name });
}

/** The version that would answer, null where it cannot. */
async function findServed(deps: OipDeps, path: ModelPath): Promise<ModelVersion | null> {
  const route = requireRoute(deps, path.model);
  const { model, version } = route.spec.target!;
  const pinned = parseVersion(path.version);
  if (pinned !== null && pinned !== version) return deps.registry.requireVersion(model, pinned);
  return route.loaded?.version ?? null;
}

async function metadata(deps: OipDeps, path: ModelPath): Promise<object> {
  const found = await findServed(deps, path);
  if (!found) throw new SlipwayError("not_ready", `${path.model} is not loaded; "slipway status" says why.`);
  const { inputs, outputs } = found.signature;
  const toTensor = ({ name, datatype, shape }: { name: string; datatype: string; shape: readonly number[] }) => ({
    name,
    datatype,
    shape,
  });
  return {
    name: path.model,
    versions: [String(found.version)],
    platform: found.platform,
    inputs: inputs.map(toTensor),
    outputs: outputs.map(toTensor),
  };
}
