import { parseScoringRequest, renderScoringAnswer, resolveInputs } from "@slipway/runtime";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Infer } from "../../endpoints/index.ts";
import { inferOverHttp } from "../infer-over-http.ts";

export interface Invocation {
  readonly endpoint: string;
  readonly version: number | null;
}

export async function invoke(
  run: Infer,
  { endpoint, version }: Invocation,
  { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
): Promise<FastifyReply> {
  const contentType = request.headers["content-type"] ?? "";
  return inferOverHttp(
    run,
    { request, reply },
    {
      endpoint,
      version,
      face: "scoring",
      parse: (bytes, signature, extraFields) => {
        const { tensors, extra } = parseScoringRequest({ bytes, contentType }, signature, extraFields);
        const resolved = resolveInputs(signature, tensors);
        return extra === null ? { tensors, resolved } : { tensors, resolved, extra };
      },
      render: ({ signature, outputs }) => ({ type: "application/json", body: renderScoringAnswer(signature, outputs) }),
    },
  );
}
