import { errorTable, SlipwayError, type ErrorKind } from "@slipway/contract";
import type { FastifyReply } from "fastify";
import { InferError } from "../../endpoints/index.ts";
import { createId } from "../../kernel/ids.ts";
import type { Logger } from "../../kernel/logger.ts";
import { setRetryAfter } from "../retry-after.ts";

/** The HTTP status of every kind of error in KServe V1; the body is `{"error": "…"}`. */
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

export function sendV1Error(thrown: unknown, reply: FastifyReply, logger: Logger): void {
  if (thrown instanceof InferError) {
    if (!thrown.logged) reply.header("x-slipway-logged", "false");
    reply.header("x-slipway-prediction", thrown.id);
  }
  const { status, message } = describe(thrown instanceof InferError ? thrown.error : thrown, logger);
  setRetryAfter(reply, thrown instanceof InferError ? thrown.error : thrown);
  reply
    .status(status)
    .header("content-type", "application/json")
    .send(JSON.stringify({ error: message }));
}

function describe(error: unknown, logger: Logger): { status: number; message: string } {
  if (SlipwayError.is(error)) return { status: statuses[errorTable[error.code].kind], message: error.message };
  const transport = error as { code?: string; statusCode?: number; message: string };
  if (transport.code?.startsWith("FST_") && transport.statusCode !== undefined && transport.statusCode < 500)
    return { status: transport.statusCode, message: transport.message };
  const id = createId();
  logger.error({ error, id }, "a request failed in an unexpected way");
  return { status: 500, message: `Something went wrong inside the server; its log has the details under ${id}.` };
}
