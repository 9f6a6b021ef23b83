import type { FastifyRequest } from "fastify";
import type { Access } from "../../access/index.ts";
import type { Follower } from "../../endpoints/index.ts";
import { allowLongBody, type Http, type Relay } from "../../platform/http/index.ts";

export interface RelayDeps {
  readonly relay: Relay;
  readonly endpoints: Pick<Follower, "snapshot">;
  /** Null: requests need no token. */
  readonly access: Pick<Access, "hasRate"> | null;
  /** The longest pause in an upload. */
  readonly requestTimeoutMs: number;
}

/** What each process answers by itself: predictions. All else has one place. */
const own: ReadonlySet<string> = new Set([
  "/api/v1/endpoints/:endpoint/predict",
  "/endpoints/:endpoint/predict",
  "/endpoints/:endpoint/invocations",
  "/invocations",
  "/v2/models/:model/infer",
  "/v2/models/:model/versions/:version/infer",
  "/v1/models/:model",
  "/v1/models/:model/versions/:version",
]);

const upload = /^\/api\/2\.0\/mlflow-artifacts\/(?:artifacts|mpu\/parts)\//;

/**
 * Hands the main process every request that is not a prediction by what serves now: control, reads, unknown paths, aliases and
 * versions that callers name and that do not serve, and tokens with a rate, whose buckets are there. To be registered before
 * all other hooks; what is handed on has its body unread.
 */
export function registerRelay(app: Http, { relay, endpoints, access, requestTimeoutMs }: RelayDeps): void {
  app.addHook("onRequest", (request, reply, done) => {
    const pass = () => {
      // The main process, which stores it while it comes, sees the same pauses.
      if (request.method === "PUT" && upload.test(request.url)) allowLongBody(request, requestTimeoutMs);
      reply.hijack();
      relay.pass(request.raw, reply.raw);
    };
    if (!isOwn(request, endpoints)) return pass();
    const limited = access?.hasRate(request.headers.authorization) ?? false;
    if (limited === false) return done();
    if (limited === true) return pass();
    limited.then(
      (rated) => (rated ? pass() : done()),
      (error: Error) => done(error),
    );
  });
}

function isOwn(request: FastifyRequest, endpoints: RelayDeps["endpoints"]): boolean {
  const { url } = request.routeOptions;
  if (request.method !== "POST" || url === undefined || !own.has(url)) return false;
  const { endpoint, model, version } = request.params as { endpoint?: string; model?: string; version?: string };
  const [, name = "", suffix] = /^([^@]*)(?:@(.*))?$/s.exec(withoutVerb(endpoint ?? model ?? "")) ?? [];
  const named = version === undefined ? suffix : withoutVerb(version);
  if (named === undefined) return true;
  const target = endpoints.snapshot().routes.get(name)?.spec.target;
  return target !== null && target !== undefined && named === String(target.version);
}

/** KServe V1 has its verb at the end of the last segment. */
function withoutVerb(text: string): string {
  return text.replace(/:predict$/, "");
}
