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
import type { Answered, Infer } from "../../endpoints/index.ts";
import { inferOverHttp } from "../infer-over-http.ts";
import { parseVersion } from "./parse-version.ts";

type InferRequest = FastifyRequest<{ Params: { model: string; version?: string } }>;

export async function infer(run: Infer, request: InferRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { headers, params } = request;
  let wanted: OipRequest["outputs"];
  return inferOverHttp(
    run,
    { request, reply },
    {
      endpoint: params.model,
      version: parseVersion(params.version),
      face: "oip",
      parse: (body, signature) => {
        if (headers["inference-header-content-length"] !== undefined)
          throw new SlipwayError("invalid_request", "Binary tensors are not built yet; send the tensors as JSON.");
        const parsed = parseOipRequest(body, signature);
        requireOutputs(signature, parsed.outputs);
        wanted = parsed.outputs;
        const resolved = resolveInputs(signature, parsed.inputs);
        return { tensors: parsed.inputs, resolved, ...(parsed.id === undefined ? {} : { requestId: parsed.id }) };
      },
      render: (answered) => ({ type: "application/json", body: render(answered, wanted) }),
    },
  );
}

function render({ endpoint, version, requestId, fallback, outputs }: Answered, wanted: OipRequest["outputs"]): string {
  return renderOipResponse({
    modelName: endpoint,
    modelVersion: String(version),
    id: requestId ?? undefined,
    parameters: fallback === null ? undefined : { slipway_fallback: fallback },
    outputs: selectOutputs(outputs, wanted),
  });
}
