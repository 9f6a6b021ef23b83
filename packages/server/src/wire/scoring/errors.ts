import { errorTable, type ErrorKind } from "@slipway/contract";
import type { FastifyReply } from "fastify";
import type { Logger } from "../../kernel/logger.ts";
import { toErrorAnswer, type ErrorAnswer } from "../error-answer.ts";

/** MLflow's code for every kind of error; the body is `{"error_code", "message"}`. */
const codes: Readonly<Record<ErrorKind, string>> = {
  invalid: "BAD_REQUEST",
  unauthenticated: "UNAUTHENTICATED",
  forbidden: "PERMISSION_DENIED",
  not_found: "RESOURCE_DOES_NOT_EXIST",
  conflict: "RESOURCE_CONFLICT",
  precondition: "BAD_REQUEST",
  too_large: "BAD_REQUEST",
  exhausted: "RESOURCE_EXHAUSTED",
  cancelled: "CANCELLED",
  internal: "INTERNAL_ERROR",
  unimplemented: "NOT_IMPLEMENTED",
  unavailable: "TEMPORARILY_UNAVAILABLE",
  deadline: "DEADLINE_EXCEEDED",
};

/** Where MLflow tells more apart than the kind does. A model that fails on its input is a bad request there. */
const exceptions = {
  invalid_input: { status: 400, code: "INVALID_PARAMETER_VALUE" },
  invalid_name: { status: 400, code: "INVALID_PARAMETER_VALUE" },
  model_failed: { status: 400, code: "BAD_REQUEST" },
} as const;

export function sendScoringError(thrown: unknown, reply: FastifyReply, logger: Logger): void {
  const answer = toErrorAnswer(thrown, reply, logger);
  const { status, code } = describe(answer);
  const { message } = answer;
  reply.status(status);
  // MLflow's own servers answer an unknown content type with text.
  if (status === 415) reply.header("content-type", "text/plain; charset=utf-8").send(message);
  else reply.header("content-type", "application/json").send(JSON.stringify({ error_code: code, message }));
}

function describe({ status, error }: ErrorAnswer): { readonly status: number; readonly code: string } {
  if (error === null) return { status, code: codes.invalid };
  return exceptions[error.code as keyof typeof exceptions] ?? { status, code: codes[errorTable[error.code].kind] };
}
