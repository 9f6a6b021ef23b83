import { z } from "zod";
import { errorTable, type ErrorCode, type ErrorKind } from "./errors.ts";
import { oipSchemas, toOipPaths } from "./openapi-oip.ts";
import { routeTable, type RouteSpec } from "./routes.ts";
import { problem } from "./schemas/common.ts";

/** The HTTP status of every kind of error on `/api/v1`. */
const problemStatus: Readonly<Record<ErrorKind, number>> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  precondition: 412,
  too_large: 413,
  exhausted: 429,
  cancelled: 499,
  internal: 500,
  unimplemented: 501,
  unavailable: 503,
  deadline: 504,
};

type Json = Record<string, unknown>;

function toSchema(type: z.ZodType, io: "input" | "output"): Json {
  const { $schema: _, ...schema } = z.toJSONSchema(type, { io, unrepresentable: "any", override: simplify }) as Json;
  return schema;
}

/** A tuple of equals as a list of so many: not every reader of OpenAPI knows `prefixItems`. */
function simplify({ jsonSchema }: { readonly jsonSchema: Json }): void {
  const items = jsonSchema["prefixItems"];
  if (!Array.isArray(items) || new Set(items.map((item) => JSON.stringify(item))).size !== 1) return;
  delete jsonSchema["prefixItems"];
  Object.assign(jsonSchema, { items: items[0] as Json, minItems: items.length, maxItems: items.length });
}

/** The HTTP status of an error on `/api/v1`. */
export function toProblemStatus(code: ErrorCode): number {
  return code === "unsupported_media_type" ? 415 : problemStatus[errorTable[code].kind];
}

/** What each route may answer beside its own errors. */
function commonErrors({ method, scope, body, rawBody }: RouteSpec): readonly ErrorCode[] {
  const takesBody = method !== "GET" && method !== "HEAD";
  return [
    ...(scope === "public" ? [] : (["unauthenticated", "forbidden"] as const)),
    ...(scope === "infer" ? (["rate_limited"] as const) : []),
    ...(takesBody ? (["unsupported_media_type"] as const) : []),
    ...(body || rawBody ? (["too_large"] as const) : []),
    "invalid_request",
    "internal",
  ];
}

/** An event as it is sent: its `data` is JSON of the schema. */
function toEventSchema(events: z.ZodType): Json {
  const data = { type: "string", contentMediaType: "application/json", contentSchema: toSchema(events, "output") };
  return { type: "object", properties: { data }, required: ["data"] };
}

function parameters(route: RouteSpec): Json[] {
  const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map((match) => ({
    name: match[1],
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
  const query = route.query ? (toSchema(route.query, "input") as { properties?: Json; required?: string[] }) : {};
  const inQuery = Object.entries(query.properties ?? {}).map(([name, schema]) => ({
    name,
    in: "query",
    required: query.required?.includes(name) ?? false,
    schema,
  }));
  return [...inPath, ...inQuery];
}

function responses(route: RouteSpec): Json {
  const answer: Json = { description: route.summary };
  if (route.answer) answer.content = { "application/json": { schema: toSchema(route.answer, "output") } };
  if (route.rawAnswer) answer.content = { [route.rawAnswer]: { schema: { type: "string", format: "binary" } } };
  if (route.events) answer.content = { "text/event-stream": { schema: toEventSchema(route.events) } };
  const result: Json = { [route.status]: answer };
  const codes = new Set([...route.errors, ...commonErrors(route)]);
  for (const code of codes) {
    const status = toProblemStatus(code);
    const known = result[status] as { description: string } | undefined;
    const description = `\`${code}\`: ${errorTable[code].title}`;
    if (known) known.description += `; ${description}`;
    else
      result[status] = {
        description,
        content: {
          "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } },
        },
      };
  }
  return result;
}

function operation(id: string, route: RouteSpec): Json {
  const result: Json = {
    operationId: id,
    tags: [route.tag],
    summary: route.summary,
    parameters: parameters(route),
    responses: responses(route),
  };
  if (route.body)
    result.requestBody = {
      required: true,
      content: { "application/json": { schema: toSchema(route.body, "input") } },
    };
  if (route.rawBody)
    result.requestBody = {
      required: true,
      content: { [route.rawBody]: { schema: { type: "string", format: "binary" } } },
    };
  if (route.scope === "public") result.security = [];
  return result;
}

/** The OpenAPI 3.1 document of `/api/v1`, made of the route table, and of the Open Inference Protocol. */
export function toOpenApi(info: { version: string; serverUrl: string }): Json {
  const paths: Record<string, Json> = {};
  for (const [id, route] of Object.entries(routeTable))
    (paths[route.path] ??= {})[route.method.toLowerCase()] = operation(id, route);
  return {
    openapi: "3.1.0",
    info: {
      title: "Slipway",
      version: info.version,
      summary: "From a trained model to a production service that stays healthy",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: info.serverUrl }],
    security: [{ token: [] }],
    paths: { ...paths, ...toOipPaths() },
    components: {
      schemas: { Problem: toSchema(problem, "output"), ...oipSchemas },
      securitySchemes: { token: { type: "http", scheme: "bearer" } },
    },
  };
}
