import { errorTable, SlipwayError, type ErrorKind } from "@slipway/contract";
import { InferError } from "../../endpoints/index.ts";
import { createId } from "../../kernel/ids.ts";
import type { Logger } from "../../kernel/logger.ts";
import { grpcStatus, type GrpcFailure, type GrpcStatus } from "../../platform/grpc/index.ts";
import { toRetryAfter } from "../retry-after.ts";

/** The gRPC status of every kind of error. */
const statuses: Readonly<Record<ErrorKind, GrpcStatus>> = {
  invalid: grpcStatus.invalidArgument,
  unauthenticated: grpcStatus.unauthenticated,
  forbidden: grpcStatus.permissionDenied,
  not_found: grpcStatus.notFound,
  conflict: grpcStatus.aborted,
  precondition: grpcStatus.failedPrecondition,
  too_large: grpcStatus.resourceExhausted,
  exhausted: grpcStatus.resourceExhausted,
  cancelled: grpcStatus.cancelled,
  internal: grpcStatus.internal,
  unimplemented: grpcStatus.unimplemented,
  unavailable: grpcStatus.unavailable,
  deadline: grpcStatus.deadlineExceeded,
};

/** What an error comes to. An unknown throwable keeps its message inside and shows an id instead. */
export function toFailure(thrown: unknown, logger: Logger): GrpcFailure {
  const trailers: Record<string, string> = {};
  if (thrown instanceof InferError) {
    trailers["x-slipway-prediction"] = thrown.id;
    if (!thrown.logged) trailers["x-slipway-logged"] = "false";
  }
  const error = toSlipwayError(thrown instanceof InferError ? thrown.error : thrown, logger);
  trailers["x-slipway-error"] = error.code;
  const seconds = toRetryAfter(error);
  if (seconds !== null) trailers["retry-after"] = String(seconds);
  return { status: statuses[errorTable[error.code].kind], message: error.message, trailers };
}

export function toSlipwayError(error: unknown, logger: Logger): SlipwayError {
  if (SlipwayError.is(error)) return error;
  const id = createId();
  logger.error({ error, id }, "a gRPC call failed in an unexpected way");
  return new SlipwayError("internal", `Something went wrong inside the server; its log has the details under ${id}.`);
}
