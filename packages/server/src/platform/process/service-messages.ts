import { SlipwayError, type ErrorCode, type ErrorDetails } from "@slipway/contract/errors";

/** An error on its way to another process. */
export interface SentError {
  readonly message: string;
  /** Null where it was no SlipwayError. */
  readonly code: ErrorCode | null;
  readonly details: ErrorDetails;
}

export type ToService =
  /** Once, first. `module`: URL of a module with an export `run(input)` that answers with the methods. */
  | { readonly kind: "start"; readonly module: string; readonly input: unknown }
  | { readonly kind: "call"; readonly call: number; readonly method: string; readonly params: unknown };

export type FromService =
  | { readonly kind: "ready" }
  | { readonly kind: "failed"; readonly error: SentError }
  | { readonly kind: "answer"; readonly call: number; readonly result: unknown }
  | { readonly kind: "refusal"; readonly call: number; readonly error: SentError };

export function toSentError(error: unknown): SentError {
  if (SlipwayError.is(error)) return { message: error.message, code: error.code, details: error.details };
  return { message: error instanceof Error ? error.message : String(error), code: null, details: {} };
}

export function fromSentError({ code, message, details }: SentError): Error {
  return code === null ? new Error(message) : new SlipwayError(code, message, details);
}
