import { parseAddress, SlipwayError } from "@slipway/contract";
import { packColumns, parseJsonBody, recordsToTensors, renderPredictions, type Signature } from "@slipway/runtime";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Answered, Infer, ParsedRequest } from "../../endpoints/index.ts";
import type { Http } from "../../platform/http/index.ts";
import type { Registry } from "../../registry/index.ts";
import { inferOverHttp } from "../infer-over-http.ts";

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
  let many = false;
  return inferOverHttp(
    deps.infer,
    { request, reply },
    {
      endpoint,
      version,
      face: "predict",
      parse: (body, signature, extraFields) => {
        const data = parseJsonBody(body);
        many = Array.isArray(data);
        return parseRecords(signature, extraFields, many ? (data as unknown[]) : [data]);
      },
      render: (answered) => ({ type: "application/json; charset=utf-8", body: render(answered, many) }),
    },
  );
}

function parseRecords(signature: Signature, extraFields: ReadonlySet<string>, records: unknown[]): ParsedRequest {
  if (records.length === 0)
    throw new SlipwayError("invalid_request", "The list is empty; send one record as an object, or a list of records.");
  const { tensors, extra } = recordsToTensors(signature, records, { extraFields });
  const resolved = { tensors: packColumns(signature, tensors), rows: records.length };
  return extra.some((fields) => fields !== null) ? { tensors, resolved, extra } : { tensors, resolved };
}

function render(answer: Answered, many: boolean): string {
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
