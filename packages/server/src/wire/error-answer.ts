import { errorTable, SlipwayError, type ErrorKind } from "@slipway/contract";
import type { FastifyReply } from "fastify";
import { InferError } from "../endpoints/index.ts";
import { createId } from "../kernel/ids.ts";
import type { Logger } from "../kernel/logger.ts";
import { setRetryAfter } from "./retry-after.ts";

/** The HTTP status of every kind of error in the protocols that predictions are asked by. */
const statuses: Readonly<Record<ErrorKind, number>> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  precondition: 400,
  too_large: 413,
  exhausted: 429,
  cancelled: 499,
  internal: 500,
  unimplemented: 501,
  unavailable: 503,
  deadline: 504,
};

export interface ErrorAnswer {
  readonly status: number;
  readonly message: string;
  /** Null: raised by the transport, before anything of ours. */
  readonly error: SlipwayError | null;
}

/**
 * What an error comes to on the wire, with the headers that all protocols share set on the reply. An unknown throwable keeps its
 * message inside and shows an id instead.
 */
export function toErrorAnswer(thrown: unknown, reply: FastifyReply, logger: Logger): ErrorAnswer {
  if (thrown instanceof InferError) {
    if (!thrown.logged) reply.header("x-slipway-logged", "false");
    reply.header("x-slipway-prediction", thrown.id);
  }
  const error = thrown instanceof InferError ? thrown.error : thrown;
  setRetryAfter(reply, error);
  if (SlipwayError.is(error))
    return {
      status: error.code === "unsupported_media_type" ? 415 : statuses[errorTable[error.code].kind],
      message: error.message,
      error,
    };
  const transport = error as { code?: string; statusCode?: number; message: string };
  if (transport.code?.startsWith("FST_") && transport.statusCode !== undefined && transport.statusCode < 500)
    return { status: transport.statusCode, message: transport.message, error: null };
  const id = createId();
  logger.error({ error, id }, "a request failed in an unexpected way");
  const message = `Something went wrong inside the server; its log has the details under ${id}.`;
  return { status: 500, message, error: new SlipwayError("internal", message) };
}

/** The error of the Open Inference Protocol and of KServe V1: `{"error": "…"}`. */
export function sendErrorText(thrown: unknown, reply: FastifyReply, logger: Logger): void {
  const { status, message } = toErrorAnswer(thrown, reply, logger);
  // As bytes, for to a text Fastify adds a charset, and KServe's client compares the whole content type.
  const body = Buffer.from(JSON.stringify({ error: message }));
  reply.status(status).header("content-type", "application/json").send(body);
}
