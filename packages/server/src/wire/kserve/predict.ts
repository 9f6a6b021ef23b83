import { parseV1Request, renderV1Answer, resolveInputs, type V1Request } from "@slipway/runtime";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Infer } from "../../endpoints/index.ts";
import { callerOf, readBody } from "../../platform/http/index.ts";
import { parsePredictPath } from "./verb.ts";

type PredictRequest = FastifyRequest<{ Params: { model: string; version?: string } }>;

export async function predict(run: Infer, request: PredictRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { headers, params } = request;
  const { model, version } = parsePredictPath(params);
  const body = readBody(request);
  let form: V1Request["form"] = "instances";
  const answer = await run({
    endpoint: model,
    version,
    face: "kserve",
    parse: (signature) => {
      const parsed = parseV1Request(body, signature);
      form = parsed.form;
      return { tensors: parsed.tensors, resolved: resolveInputs(signature, parsed.tensors) };
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
  return reply.header("content-type", "application/json").send(renderV1Answer(form, answer.outputs, answer));
}

function textHeader(value: string | string[] | undefined): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}
