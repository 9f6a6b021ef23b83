import { Readable } from "node:stream";
import { routeTable, SlipwayError, toSectionProblems, type RouteId, type RouteSpec } from "@slipway/contract";
import { parseJsonBody } from "@slipway/runtime";
import type { FastifyReply, FastifyRequest } from "fastify";
import { callerOf, checkWrite, readBody, type Http } from "../../platform/http/index.ts";

export interface ApiRequest {
  readonly params: Readonly<Record<string, string>>;
  /** Checked against the route's schema. */
  readonly query: Readonly<Record<string, unknown>>;
  /** Checked against the route's schema. */
  readonly body: unknown;
  readonly author: string | null;
  readonly http: FastifyRequest;
  readonly reply: FastifyReply;
}

/** Returns what is sent as JSON, or as it is where it is a stream; undefined where the handler has answered by itself or there is nothing to say. */
export type Handler = (request: ApiRequest) => Promise<unknown>;

/** Routes that parse their bodies and answer by themselves. */
export type HotRoute = "predict" | "putBlob";
export type Handlers = Readonly<Record<Exclude<RouteId, HotRoute>, Handler>>;

/** Registers exactly the routes of the contract; a route without a handler does not compile. */
export function registerRoutes(app: Http, handlers: Handlers): void {
  for (const [id, handler] of Object.entries(handlers) as [RouteId, Handler][]) {
    const route: RouteSpec = routeTable[id];
    app.route({
      method: route.method,
      url: toUrl(route.path),
      exposeHeadRoute: false,
      config: { scope: route.scope },
      handler: (request, reply) => answer({ route, handler }, request, reply),
    });
  }
}

/** `/models/{model}` in OpenAPI is `/models/:model` here. */
function toUrl(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ":$1");
}

async function answer(
  { route, handler }: { readonly route: RouteSpec; readonly handler: Handler },
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const changes = route.method !== "GET" && route.method !== "HEAD";
  if (changes) checkWrite(request.headers["content-type"]);
  const result = await handler({
    params: request.params as Record<string, string>,
    query: parseQuery(route, request.query as Record<string, unknown>),
    body: route.body ? parseBody(route, readBody(request)) : undefined,
    author: callerOf(request),
    http: request,
    reply,
  });
  if (reply.sent || reply.raw.headersSent) return reply;
  reply.status(route.status);
  if (result === undefined || result instanceof Readable) return reply.send(result);
  reply.header("content-type", "application/json; charset=utf-8");
  return reply.send(result instanceof Uint8Array ? result : JSON.stringify(result));
}

function parseQuery(route: RouteSpec, raw: Record<string, unknown>): Record<string, unknown> {
  if (!route.query) return {};
  const shape = route.query.shape;
  const unknown = Object.keys(raw).find((name) => !(name in shape));
  if (unknown !== undefined)
    throw new SlipwayError(
      "invalid_request",
      `There is no query parameter ${JSON.stringify(unknown)}; there are: ${Object.keys(shape).join(", ")}.`,
    );
  // A query has only text; a number or a boolean of the schema is read from it.
  const typed = Object.fromEntries(Object.entries(raw).map(([name, value]) => [name, fromText(value)]));
  const asTyped = route.query.safeParse({ ...raw, ...typed });
  const parsed = asTyped.success ? asTyped : route.query.safeParse(mixed(route, raw, typed));
  if (parsed.success) return parsed.data;
  const issue = asTyped.error!.issues[0]!;
  throw new SlipwayError("invalid_request", `The query parameter ${issue.path.join(".")} ${explain(issue)}.`);
}

/** Each parameter as text where its schema wants text. */
function mixed(
  route: RouteSpec,
  raw: Record<string, unknown>,
  typed: Record<string, unknown>,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(route.query!.shape)
      .filter(([name]) => name in raw)
      .map(([name, schema]) => [name, schema.safeParse(raw[name]).success ? raw[name] : typed[name]]),
  );
}

function fromText(value: unknown): unknown {
  if (value === "true") return true;
  if (value === "false") return false;
  return typeof value === "string" && /^-?[0-9]{1,15}$/.test(value) ? Number(value) : value;
}

function parseBody(route: RouteSpec, body: Buffer): unknown {
  const data = body.length === 0 ? {} : parseJsonBody(body);
  const parsed = route.body!.safeParse(data);
  if (parsed.success) return parsed.data;
  const { issues } = parsed.error;
  const plain = issues
    .filter((issue) => !isOfSection(issue))
    .flatMap((issue) => ofNearestForm(issue as Issue))
    .map((issue) => ({ path: issue.path.join("."), message: explain(issue) }));
  const problems = [...plain, ...toSectionProblems(issues.filter(isOfSection), data)];
  const text = problems.map(({ path, message }) => (path === "" ? `it ${message}` : `${path} ${message}`)).join("; ");
  throw new SlipwayError("invalid_request", `The body is wrong: ${text}.`, { problems });
}

/** A section of slipway.yaml is explained as there: with what is known, and what was probably meant. */
const isOfSection = ({ path }: { readonly path: readonly PropertyKey[] }): boolean => path[0] === "rollout";

/** What a schema complains of; `errors` are those of each form that a body may have. */
interface Issue {
  readonly code?: string | undefined;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly errors?: readonly (readonly Issue[])[] | undefined;
}

/** Of a body that may have several forms: what is wrong with the form that it resembles most. */
function ofNearestForm(issue: Issue): Issue[] {
  if (issue.code !== "invalid_union" || issue.errors === undefined) return [issue];
  const depth = (form: readonly Issue[]) => Math.min(...form.map((each) => each.path.length));
  const nearest = issue.errors.toSorted((a, b) => depth(b) - depth(a))[0] ?? [];
  if (nearest.length === 0) return [issue];
  return nearest.flatMap((each) => ofNearestForm({ ...each, path: [...issue.path, ...each.path] }));
}

function explain(issue: { readonly message: string }): string {
  const missing = /^Invalid input: expected (.+), received undefined$/.exec(issue.message);
  return missing ? `is missing: expected ${missing[1]}` : `is wrong: ${issue.message}`;
}
