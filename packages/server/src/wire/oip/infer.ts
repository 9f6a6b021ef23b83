import { SlipwayError } from "@slipway/contract";
import {
  parseOipRequest,
  renderOipResponse,
  requireOutputs,
  resolveInputs,
  selectOutputs,
  type OipRequest,
} from "@slipway/runtime";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Infer } from "../../endpoints/index.ts";
import { callerOf, readBody } from "../../platform/http/index.ts";
import { parseVersion } from "./parse-version.ts";

type InferRequest = FastifyRequest<{ Params: { model: string; version?: string } }>;

export async function infer(run: Infer, request: InferRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { headers, params } = request;
  const body = readBody(request);
  let wanted: OipRequest["outputs"];
  const answer = await run({
    endpoint: params.model,
    version: parseVersion(params.version),
    face: "oip",
    parse: (signature) => {
      if (headers["inference-header-content-length"] !== undefined)
        throw new SlipwayError("invalid_request", "Binary tensors are not built yet; send the tensors as JSON.");
      const parsed = parseOipRequest(body, signature);
      requireOutputs(signature, parsed.outputs);
      wanted = parsed.outputs;
      const resolved = resolveInputs(signature, parsed.inputs);
      return { tensors: parsed.inputs, resolved, ...(parsed.id === undefined ? {} : { requestId: parsed.id }) };
    },
    body,
    contentType: headers["content-type"] ?? "",
    key: textHeader(headers["x-slipway-key"]),
    traceparent: textHeader(headers["traceparent"]),
    timeoutMs: null,
    user: callerOf(request),
  });
  reply.header("x-slipway-prediction", answer.id);
  if (!answer.logged) reply.header("x-slipway-logged", "false");
  if (answer.fallback !== null) reply.header("x-slipway-fallback", "true");
  const text = renderOipResponse({
    modelName: answer.endpoint,
    modelVersion: String(answer.version),
    id: answer.requestId ?? undefined,
    parameters: answer.fallback === null ? undefined : { slipway_fallback: answer.fallback },
    outputs: selectOutputs(answer.outputs, wanted),
  });
  return reply.header("content-type", "application/json").send(text);
}

function textHeader(value: string | string[] | undefined): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}
