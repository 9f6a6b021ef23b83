import { SlipwayError } from "@slipway/contract";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Infer, InferCall } from "../endpoints/index.ts";
import { chooseCoding, compress } from "./compress.ts";
import { callerOf, readBody } from "../platform/http/index.ts";

/** A body to send, and its content type. */
export interface Rendered {
  readonly type: string;
  readonly body: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What differs between the protocols that answer predictions over HTTP. */
export interface HttpInference extends Pick<InferCall<Rendered>, "endpoint" | "version" | "face" | "render"> {
  readonly parse: (body: Buffer, ...rest: Parameters<InferCall["parse"]>) => ReturnType<InferCall["parse"]>;
}

/** One prediction of any protocol over HTTP: the headers that all of them have, the deadline, and a caller who goes away. */
export async function inferOverHttp(
  infer: Infer,
  { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
  { endpoint, version, face, parse, render }: HttpInference,
): Promise<FastifyReply> {
  const { headers } = request;
  const body = readBody(request);
  const answer = await infer({
    endpoint,
    version,
    face,
    parse: (signature, extraFields) => parse(body, signature, extraFields),
    render,
    body,
    contentType: headers["content-type"] ?? "",
    header: (name) => textHeader(headers[name]),
    key: textHeader(headers["x-slipway-key"]),
    traceparent: textHeader(headers["traceparent"]),
    onGone: (gone) => onGone(reply, gone),
    timeoutMs: toTimeout(textHeader(headers["x-slipway-timeout-ms"])),
    user: callerOf(request),
  });
  reply.header("x-slipway-prediction", answer.id);
  if (!answer.logged) reply.header("x-slipway-logged", "false");
  if (answer.fallback !== null) reply.header("x-slipway-fallback", "true");
  if (answer.body.headers) reply.headers(answer.body.headers);
  reply.header("content-type", answer.body.type);
  const coding = chooseCoding(headers["accept-encoding"], answer.body);
  if (coding === null) return reply.send(answer.body.body);
  const compressed = await compress(answer.body.body, coding);
  if (compressed) reply.headers({ "content-encoding": coding, vary: "accept-encoding" });
  return reply.send(compressed ?? answer.body.body);
}

/** The response closes before its end where the connection is lost. */
function onGone({ raw }: FastifyReply, gone: () => void): () => void {
  raw.once("close", gone);
  return () => raw.off("close", gone);
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
