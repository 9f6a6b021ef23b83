import { SlipwayError } from "@slipway/contract/errors";
import type { ErrorCode, ErrorDetails } from "@slipway/contract/errors";
import { SqlError, type SqlErrorKind } from "./sql-error.ts";

/** An error on its way between threads, which would lose its class. */
export type TaskError =
  | { readonly type: "slipway"; readonly code: ErrorCode; readonly message: string; readonly details: ErrorDetails }
  | { readonly type: "sql"; readonly kind: SqlErrorKind; readonly message: string; readonly sql: string }
  | { readonly type: "other"; readonly message: string; readonly stack: string | undefined };

export function packError(error: unknown): TaskError {
  if (SlipwayError.is(error))
    return { type: "slipway", code: error.code, message: error.message, details: error.details };
  if (error instanceof SqlError) return { type: "sql", kind: error.kind, message: error.message, sql: error.sql };
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  return { type: "other", message, stack };
}

export function unpackError(packed: TaskError): Error {
  if (packed.type === "slipway") return new SlipwayError(packed.code, packed.message, packed.details);
  if (packed.type === "sql") return new SqlError(packed.kind, packed.message, packed.sql);
  const error = new Error(packed.message);
  if (packed.stack !== undefined) error.stack = packed.stack;
  return error;
}
