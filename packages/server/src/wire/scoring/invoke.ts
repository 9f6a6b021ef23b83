import { parseScoringRequest, renderScoringAnswer, resolveInputs } from "@slipway/runtime";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Infer } from "../../endpoints/index.ts";
import { callerOf, readBody } from "../../platform/http/index.ts";

export interface Invocation {
  readonly endpoint: string;
  readonly version: number | null;
}

export async function invoke(
  run: Infer,
  { endpoint, version }: Invocation,
  { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
): Promise<FastifyReply> {
  const { headers } = request;
  const body = readBody(request);
  const contentType = headers["content-type"] ?? "";
  const answer = await run({
    endpoint,
    version,
    face: "scoring",
    parse: (signature, extraFields) => {
      const { tensors, extra } = parseScoringRequest({ bytes: body, contentType }, signature, extraFields);
      const resolved = resolveInputs(signature, tensors);
      return extra === null ? { tensors, resolved } : { tensors, resolved, extra };
    },
    body,
    contentType,
    key: textHeader(headers["x-slipway-key"]),
    traceparent: textHeader(headers["traceparent"]),
    timeoutMs: null,
    user: callerOf(request),
  });
  reply.header("x-slipway-prediction", answer.id);
  if (!answer.logged) reply.header("x-slipway-logged", "false");
  if (answer.fallback !== null) reply.header("x-slipway-fallback", "true");
  return reply.header("content-type", "application/json").send(renderScoringAnswer(answer.signature, answer.outputs));
}

function textHeader(value: string | string[] | undefined): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}
