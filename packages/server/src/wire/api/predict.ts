import { parseAddress, SlipwayError } from "@slipway/contract";
import { packColumns, parseJsonBody, recordsToTensors, renderPredictions, type Signature } from "@slipway/runtime";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Infer, InferAnswer, ParsedRequest } from "../../endpoints/index.ts";
import { callerOf, readBody, type Http } from "../../platform/http/index.ts";
import type { Registry } from "../../registry/index.ts";

export interface PredictDeps {
  readonly infer: Infer;
  readonly registry: Pick<Registry, "resolve">;
}

const paths = ["/api/v1/endpoints/:endpoint/predict", "/endpoints/:endpoint/predict"];

/** One record (an object) or many (a list), for people and applications. */
export function registerPredict(app: Http, deps: PredictDeps): void {
  for (const url of paths)
    app.post(url, { config: { scope: "infer" } }, (request, reply) => predict(deps, request, reply));
}

interface Target {
  readonly endpoint: string;
  readonly version: number | null;
}

async function predict(deps: PredictDeps, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const address = (request.params as { endpoint: string }).endpoint;
  const { endpoint, version } = address.includes("@")
    ? await toTarget(deps, address)
    : { endpoint: address, version: null };
  const { headers } = request;
  const body = readBody(request);
  let many = false;
  const answer = await deps.infer({
    endpoint,
    version,
    face: "predict",
    parse: (signature, extraFields) => {
      const data = parseJsonBody(body);
      many = Array.isArray(data);
      return parseRecords(signature, extraFields, many ? (data as unknown[]) : [data]);
    },
    body,
    contentType: headers["content-type"] ?? "",
    key: textHeader(headers["x-slipway-key"]),
    traceparent: textHeader(headers["traceparent"]),
    timeoutMs: toTimeout(textHeader(headers["x-slipway-timeout-ms"])),
    user: callerOf(request),
  });
  if (!answer.logged) reply.header("x-slipway-logged", "false");
  if (answer.fallback !== null) reply.header("x-slipway-fallback", "true");
  return reply.header("content-type", "application/json; charset=utf-8").send(render(answer, many));
}

function parseRecords(signature: Signature, extraFields: ReadonlySet<string>, records: unknown[]): ParsedRequest {
  if (records.length === 0)
    throw new SlipwayError("invalid_request", "The list is empty; send one record as an object, or a list of records.");
  const { tensors, extra } = recordsToTensors(signature, records, { extraFields });
  const resolved = { tensors: packColumns(signature, tensors), rows: records.length };
  return extra.some((fields) => fields !== null) ? { tensors, resolved, extra } : { tensors, resolved };
}

function render(answer: InferAnswer, many: boolean): string {
  const rows = renderPredictions(answer.signature, answer.outputs, answer.rows);
  const fallback = answer.fallback === null ? "" : `,"fallback":${JSON.stringify(answer.fallback)}`;
  const result = many ? `"predictions":${rows}` : `"prediction":${rows.slice(1, -1)}`;
  return `{"id":"${answer.id}","endpoint":"${answer.endpoint}","model":"${answer.model}","version":${answer.version},${result}${fallback}}`;
}

/** `NAME@VERSION` pins; `NAME@ALIAS` pins the version that the alias means now. */
async function toTarget(deps: PredictDeps, text: string): Promise<Target> {
  const { name, version, alias } = parseAddress(text);
  if (version !== undefined) return { endpoint: name, version };
  return { endpoint: name, version: (await deps.registry.resolve({ name, ...(alias ? { alias } : {}) })).version };
}

function textHeader(value: string | string[] | undefined): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

function toTimeout(text: string | null): number | null {
  if (text === null) return null;
  const value = Number(text);
  if (!(value > 0))
    throw new SlipwayError(
      "invalid_request",
      `x-slipway-timeout-ms must be a positive number, got ${JSON.stringify(text)}.`,
    );
  return value;
}
