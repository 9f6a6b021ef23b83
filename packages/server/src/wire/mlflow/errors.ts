import { errorTable, type ErrorCode, type ErrorKind, type SlipwayError } from "@slipway/contract";
import type { FastifyReply } from "fastify";
import type { Logger } from "../../kernel/logger.ts";
import { toErrorAnswer } from "../error-answer.ts";

interface Told {
  readonly status: number;
  readonly code: string;
}

/**
 * MLflow's client asks again for minutes after 408, 429 and most of 5xx, so only what may pass by itself gets one of these. A
 * conflict of names is 400 there, not 409.
 */
const byKind: Readonly<Record<ErrorKind, Told>> = {
  invalid: { status: 400, code: "INVALID_PARAMETER_VALUE" },
  unauthenticated: { status: 401, code: "UNAUTHENTICATED" },
  forbidden: { status: 403, code: "PERMISSION_DENIED" },
  not_found: { status: 404, code: "RESOURCE_DOES_NOT_EXIST" },
  conflict: { status: 409, code: "RESOURCE_CONFLICT" },
  precondition: { status: 400, code: "INVALID_PARAMETER_VALUE" },
  too_large: { status: 400, code: "INVALID_PARAMETER_VALUE" },
  exhausted: { status: 429, code: "RESOURCE_EXHAUSTED" },
  cancelled: { status: 499, code: "CANCELLED" },
  internal: { status: 500, code: "INTERNAL_ERROR" },
  unimplemented: { status: 501, code: "NOT_IMPLEMENTED" },
  unavailable: { status: 503, code: "TEMPORARILY_UNAVAILABLE" },
  deadline: { status: 504, code: "DEADLINE_EXCEEDED" },
};

/** Where MLflow says something else than the kind does. */
const byCode: Partial<Record<ErrorCode, Told>> = {
  already_exists: { status: 400, code: "RESOURCE_ALREADY_EXISTS" },
  alias_not_found: { status: 400, code: "INVALID_PARAMETER_VALUE" },
};

export function sendMlflowError(thrown: unknown, reply: FastifyReply, logger: Logger): void {
  const { error, message, status } = toErrorAnswer(thrown, reply, logger);
  const told = error === null ? { status, code: "BAD_REQUEST" } : tell(error.code);
  reply.status(told.status).header("content-type", "application/json").send(toBody(told.code, message));
}

function tell(code: ErrorCode): Told {
  return byCode[code] ?? byKind[errorTable[code].kind];
}

/** `RESOURCE_DOES_NOT_EXIST` and the like. */
export function toMlflowCode({ code }: SlipwayError): string {
  return tell(code).code;
}

/** Of a path that is none: any other code would tell the client that the server knows the path. */
export function sendNoEndpoint(method: string, path: string, reply: FastifyReply): FastifyReply {
  const message = `There is nothing at ${method} ${path} on this server.`;
  return reply.status(404).header("content-type", "application/json").send(toBody("ENDPOINT_NOT_FOUND", message));
}

/** As bytes, for to a text Fastify adds a charset, which MLflow's answers have not. */
function toBody(code: string, message: string): Buffer {
  return Buffer.from(JSON.stringify({ error_code: code, message }));
}
