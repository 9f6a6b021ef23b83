import { SlipwayError } from "@slipway/contract";
import {
  parseHeaderLength,
  parseOipRequest,
  parseRawRequest,
  renderOipAnswer,
  requireRenderable,
  resolveInputs,
  selectOutputs,
  takesRawBytes,
  type OipRequest,
  type Signature,
} from "@slipway/runtime";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Answered, Infer, ParsedRequest } from "../../endpoints/index.ts";
import { inferOverHttp, type Rendered } from "../infer-over-http.ts";
import { parseVersion, type ModelPath } from "../served-models.ts";

type InferRequest = FastifyRequest<{ Params: ModelPath }>;

export async function infer(run: Infer, request: InferRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { headers, params } = request;
  let wanted: Wanted = { binary: false };
  return inferOverHttp(
    run,
    { request, reply },
    {
      endpoint: params.model,
      version: parseVersion(params.version),
      face: "oip",
      parse: (body, signature) => {
        const parsed = parseBody(body, headers, signature);
        requireRenderable(signature, parsed.outputs, parsed.binary);
        wanted = parsed;
        return toParsedRequest(parsed, signature);
      },
      render: (answered) => render(answered, wanted),
    },
  );
}

type Wanted = Pick<OipRequest, "outputs" | "binary">;

/**
 * The header Inference-Header-Content-Length tells what a body is. Where it is missing, a file of bytes is taken as it is by a model
 * whose only input is one value of BYTES; clients that know no content type of their own call JSON an octet-stream too.
 */
function parseBody(body: Buffer, headers: FastifyRequest["headers"], signature: Signature): OipRequest {
  const header = headers["inference-header-content-length"];
  const headerLength = parseHeaderLength(typeof header === "string" ? header : null, body.length);
  if (headerLength !== null) return parseOipRequest(body, signature, headerLength);
  const type = headers["content-type"] ?? "";
  if (type.startsWith("image/")) {
    if (takesRawBytes(signature)) return parseRawRequest(body, signature);
    const why = "which is taken by models whose only input is one value of BYTES";
    throw new SlipwayError(
      "unsupported_media_type",
      `The body is ${type}, ${why}. Send the tensors as JSON or as binary.`,
    );
  }
  if (!type.startsWith("application/octet-stream") || !takesRawBytes(signature) || isInferJson(body))
    return parseOipRequest(body, signature);
  return parseRawRequest(body, signature);
}

function isInferJson(body: Buffer): boolean {
  if (!/^\s*\{/.test(body.toString("latin1", 0, 100))) return false;
  try {
    return Array.isArray((JSON.parse(body.toString()) as { readonly inputs?: unknown }).inputs);
  } catch {
    return false;
  }
}

function toParsedRequest({ inputs, id, timeoutMs }: OipRequest, signature: Signature): ParsedRequest {
  const resolved = resolveInputs(signature, inputs);
  return {
    tensors: inputs,
    resolved,
    ...(id === undefined ? {} : { requestId: id }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  };
}

function render(answered: Answered, { outputs: named, binary }: Wanted): Rendered {
  const { endpoint, version, requestId, fallback, signature } = answered;
  const outputs = selectOutputs(answered.outputs, named, signature.outputs);
  const response = {
    modelName: endpoint,
    modelVersion: String(version),
    id: requestId ?? undefined,
    parameters: fallback === null ? undefined : { slipway_fallback: fallback },
    outputs,
  };
  const isNamed = named !== undefined && named.length > 0;
  const { body, headerLength } = renderOipAnswer(response, (i) => (isNamed ? named[i]!.binary : binary));
  if (headerLength === null) return { type: "application/json", body };
  return {
    type: "application/octet-stream",
    body,
    headers: { "inference-header-content-length": String(headerLength) },
  };
}
