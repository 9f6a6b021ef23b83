import { parseName, SlipwayError } from "@slipway/contract";
import { parseJsonBody } from "@slipway/runtime";
import type { FastifyRequest } from "fastify";
import type { Repository } from "../../endpoints/index.ts";
import { callerOf, readBody, type Http } from "../../platform/http/index.ts";

const reads = { config: { scope: "read" } };
const deploys = { config: { scope: "deploy" } };

type Json = Readonly<Record<string, unknown>>;
type ModelRequest = { Params: { model: string } };

/** Triton's model repository extension: what there is, and traffic given to and taken from an endpoint by its name. */
export function registerRepository(scope: Http, repository: Repository): void {
  scope.post("/v2/repository/index", reads, async (request) => {
    const { ready } = parseObject(request);
    if (ready !== undefined && typeof ready !== "boolean") throw malformed('"ready" must be true or false');
    const entries = await repository.index();
    return entries
      .filter(({ state }) => ready !== true || state === "READY")
      .map(({ name, version, state, reason }) => ({
        name,
        ...(version === null ? {} : { version: String(version) }),
        state,
        reason,
      }));
  });
  scope.post<ModelRequest>("/v2/repository/models/:model/load", deploys, async (request) => {
    const parameters = parseObject(request)["parameters"] ?? {};
    if (typeof parameters !== "object") throw malformed('"parameters" must be an object');
    const given = Object.keys(parameters as Json).find((key) => key === "config" || key.startsWith("file:"));
    if (given !== undefined)
      throw new SlipwayError(
        "unimplemented",
        `A load takes no ${JSON.stringify(given)} here: files and settings of a model come with "slipway deploy". Load it without.`,
      );
    const name = parseName(request.params.model, "model name");
    await repository.load(name, by(request));
    return { name, load: true };
  });
  scope.post<ModelRequest>("/v2/repository/models/:model/unload", deploys, async (request) => {
    parseObject(request);
    const name = parseName(request.params.model, "model name");
    await repository.unload(name, by(request));
    return { name, unload: true };
  });
}

function by(request: FastifyRequest) {
  return { author: callerOf(request), message: "asked for through the repository extension" };
}

function parseObject(request: FastifyRequest): Json {
  const body = readBody(request);
  const value: unknown = body.length === 0 ? {} : parseJsonBody(body);
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Json;
  throw malformed("the body must be an object or nothing");
}

function malformed(why: string): SlipwayError {
  return new SlipwayError("invalid_request", `The repository request is not well formed: ${why}.`);
}
