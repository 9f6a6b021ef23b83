import { errorTable, SlipwayError, type ErrorKind } from "@slipway/contract";
import type { FastifyReply } from "fastify";
import { InferError } from "../../endpoints/index.ts";
import { createId } from "../../kernel/ids.ts";
import type { Logger } from "../../kernel/logger.ts";
import { setRetryAfter } from "../retry-after.ts";

/** MLflow's code and HTTP status of every kind of error; the body is `{"error_code", "message"}`. */
const answers: Readonly<Record<ErrorKind, readonly [status: number, code: string]>> = {
  invalid: [400, "BAD_REQUEST"],
  unauthenticated: [401, "UNAUTHENTICATED"],
  forbidden: [403, "PERMISSION_DENIED"],
  not_found: [404, "RESOURCE_DOES_NOT_EXIST"],
  conflict: [409, "RESOURCE_CONFLICT"],
  precondition: [400, "BAD_REQUEST"],
  too_large: [413, "BAD_REQUEST"],
  exhausted: [429, "RESOURCE_EXHAUSTED"],
  cancelled: [499, "CANCELLED"],
  internal: [500, "INTERNAL_ERROR"],
  unimplemented: [501, "NOT_IMPLEMENTED"],
  unavailable: [503, "TEMPORARILY_UNAVAILABLE"],
  deadline: [504, "DEADLINE_EXCEEDED"],
};

export function sendScoringError(thrown: unknown, reply: FastifyReply, logger: Logger): void {
  if (thrown instanceof InferError) {
    if (!thrown.logged) reply.header("x-slipway-logged", "false");
    reply.header("x-slipway-prediction", thrown.id);
  }
  const { status, code, message } = describe(thrown instanceof InferError ? thrown.error : thrown, logger);
  setRetryAfter(reply, thrown instanceof InferError ? thrown.error : thrown);
  reply.status(status);
  // MLflow's own servers answer an unknown content type with text.
  if (status === 415) reply.header("content-type", "text/plain; charset=utf-8").send(message);
  else reply.header("content-type", "application/json").send(JSON.stringify({ error_code: code, message }));
}

interface Description {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

function describe(error: unknown, logger: Logger): Description {
  if (SlipwayError.is(error)) {
    const [status, code] = answers[errorTable[error.code].kind];
    return { ...(exceptions[error.code as keyof typeof exceptions] ?? { status, code }), message: error.message };
  }
  const transport = error as { code?: string; statusCode?: number; message: string };
  if (transport.code?.startsWith("FST_") && transport.statusCode !== undefined && transport.statusCode < 500)
    return { status: transport.statusCode, code: "BAD_REQUEST", message: transport.message };
  const id = createId();
  logger.error({ error, id }, "a request failed in an unexpected way");
  const [status, code] = answers.internal;
  return { status, code, message: `Something went wrong inside the server; its log has the details under ${id}.` };
}

/** Where MLflow tells more apart than the kind does. A model that fails on its input is a bad request there. */
const exceptions = {
  invalid_input: { status: 400, code: "INVALID_PARAMETER_VALUE" },
  invalid_name: { status: 400, code: "INVALID_PARAMETER_VALUE" },
  unsupported_media_type: { status: 415, code: "BAD_REQUEST" },
  model_failed: { status: 400, code: "BAD_REQUEST" },
} as const;
