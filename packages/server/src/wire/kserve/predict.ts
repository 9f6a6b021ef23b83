import { parseV1Request, renderV1Answer, resolveInputs, type V1Request } from "@slipway/runtime";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Infer } from "../../endpoints/index.ts";
import { inferOverHttp } from "../infer-over-http.ts";
import { parsePredictPath } from "./verb.ts";

type PredictRequest = FastifyRequest<{ Params: { model: string; version?: string } }>;

export async function predict(run: Infer, request: PredictRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { model, version } = parsePredictPath(request.params);
  let form: V1Request["form"] = "instances";
  return inferOverHttp(
    run,
    { request, reply },
    {
      endpoint: model,
      version,
      face: "kserve",
      parse: (body, signature) => {
        const parsed = parseV1Request(body, signature);
        form = parsed.form;
        return { tensors: parsed.tensors, resolved: resolveInputs(signature, parsed.tensors) };
      },
      render: (answered) => ({ type: "application/json", body: renderV1Answer(form, answered.outputs, answered) }),
    },
  );
}
