import { errorTable, SlipwayError, toProblemStatus, type ErrorCode, type Problem } from "@slipway/contract";
import type { FastifyReply } from "fastify";
import { InferError } from "../../endpoints/index.ts";
import { createId } from "../../kernel/ids.ts";
import type { Logger } from "../../kernel/logger.ts";
import { setRetryAfter } from "../retry-after.ts";

/** The error format of `/api/v1`: RFC 9457. An unknown throwable keeps its message inside and shows an id instead. */
export function toProblem(error: SlipwayError, instance: string | null): Problem {
  const { title, retryable } = errorTable[error.code];
  return {
    type: `https://slipway.dev/errors/${error.code}`,
    title,
    status: toProblemStatus(error.code),
    detail: error.message,
    code: error.code,
    retryable,
    ...(instance === null ? {} : { instance }),
    ...(Object.keys(error.details).length === 0 ? {} : { details: { ...error.details } }),
  };
}

/** Errors that Fastify itself raises before a handler runs. */
const transportCodes: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: "too_large",
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: "invalid_request",
  FST_ERR_CTP_INVALID_MEDIA_TYPE: "unsupported_media_type",
  FST_ERR_BAD_URL: "invalid_request",
  FST_ERR_MAX_PARAM_LENGTH: "too_large",
};

function asSlipwayError(thrown: unknown, facts: { id: string; logger: Logger }): SlipwayError {
  if (SlipwayError.is(thrown)) return thrown;
  const transport = thrown as { readonly code?: unknown; readonly statusCode?: unknown } | null;
  const isRefused = String(transport?.code).startsWith("FST_") && Number(transport?.statusCode) < 500;
  const code = transportCodes[String(transport?.code)] ?? (isRefused ? "invalid_request" : null);
  if (code) return new SlipwayError(code, `${(thrown as Error).message}.`);
  facts.logger.error({ error: thrown, id: facts.id }, "a request failed in an unexpected way");
  return new SlipwayError(
    "internal",
    `Something went wrong inside the server; its log has the details under ${facts.id}.`,
  );
}

export function sendProblem(thrown: unknown, reply: FastifyReply, logger: Logger): void {
  const id = createId();
  if (thrown instanceof InferError) {
    if (!thrown.logged) reply.header("x-slipway-logged", "false");
    reply.header("x-slipway-prediction", thrown.id);
  }
  const inner = thrown instanceof InferError ? thrown.error : thrown;
  const error = asSlipwayError(inner, { id, logger });
  const instance = thrown instanceof InferError ? thrown.id : error.code === "internal" ? id : null;
  const problem = toProblem(error, instance);
  setRetryAfter(reply, error);
  reply.status(problem.status).header("content-type", "application/problem+json").send(JSON.stringify(problem));
}
