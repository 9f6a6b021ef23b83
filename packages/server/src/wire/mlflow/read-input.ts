import { SlipwayError } from "@slipway/contract";
import type { FastifyRequest } from "fastify";
import { readBody } from "../../platform/http/index.ts";
import { isRecord } from "./fields.ts";
import { parseJson } from "./parse-json.ts";
import type { MlflowRoute, RawInput } from "./route.ts";

/**
 * The parameters of a request: of the query for a GET that has one, else of the body, which old clients encode twice. A body
 * that is no JSON counts as empty, so that what is missing in it is what the answer tells.
 * @throws SlipwayError `invalid_request`
 */
export function readInput(route: MlflowRoute, request: FastifyRequest): RawInput {
  const given =
    route.method === "GET" && request.raw.url!.includes("?")
      ? readQuery(route, request.query as Readonly<Record<string, unknown>>)
      : parseBody(request);
  return route.path.includes(":") ? { ...given, ...(request.params as Readonly<Record<string, string>>) } : given;
}

function readQuery({ lists, booleans }: MlflowRoute, query: Readonly<Record<string, unknown>>): RawInput {
  const input: Record<string, unknown> = {};
  for (const [name, given] of Object.entries(query)) {
    const isList = lists.includes(name);
    // Of a parameter that comes several times and is no list, the first is taken.
    const value: unknown = isList ? (Array.isArray(given) ? given : [given]) : Array.isArray(given) ? given[0] : given;
    input[name] = booleans.includes(name) ? toBoolean(String(value)) : value;
  }
  return input;
}

function toBoolean(word: string): boolean {
  const lower = word.toLowerCase();
  if (lower === "true" || lower === "false") return lower === "true";
  throw new SlipwayError("invalid_request", `Invalid boolean value: ${word}, must be 'true' or 'false'.`);
}

export function parseBody(request: FastifyRequest): RawInput {
  const { method } = request;
  // Nobody's web page can send this type without asking the server first.
  if (method === "POST" || method === "PUT" || method === "PATCH") requireJson(request.headers["content-type"]);
  const body = readBody(request);
  if (body.length === 0) return {};
  const once = parseJson(body.toString());
  const value = typeof once === "string" ? parseJson(once) : once;
  return isRecord(value) ? value : {};
}

function requireJson(contentType: string | undefined): void {
  if (contentType === "application/json") return;
  if (contentType === undefined)
    throw new SlipwayError("invalid_request", "Bad Request. Content-Type header is missing.");
  if (contentType.split(";")[0]!.trim().toLowerCase() !== "application/json")
    throw new SlipwayError("invalid_request", "Bad Request. Content-Type must be one of ['application/json'].");
}
