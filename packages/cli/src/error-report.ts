import { SlipwayError, errorTable, type ErrorCode, type ErrorKind } from "@slipway/contract/errors";
import { ConnectionError, type ServerError } from "@slipway/sdk";
import { exitCodes, InterruptedError, UsageError, type ExitCode } from "./exit-codes.ts";
import { toMismatchTable } from "./mismatches.ts";
import { printable } from "./text.ts";

const hints: Partial<Record<ErrorCode, string>> = {
  unauthenticated: "pass --token TOKEN, or set SLIPWAY_TOKEN.",
  endpoint_not_found: "`slipway endpoints` lists them.",
  model_not_found: "`slipway models` lists them.",
  version_not_found: "`slipway versions NAME` lists them.",
  alias_not_found: "`slipway show NAME` lists them.",
  operation_not_found: "`slipway operations` lists them.",
};

/** `error: …`, and a hint where this command line knows what to do; for a terminal. */
export function toErrorText(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const lines = [`error: ${printable(message, true)}`];
  if (error instanceof UsageError) lines.push("hint: --help shows how, with an example.");
  if (SlipwayError.is(error)) {
    const hint = hints[error.code];
    if (hint !== undefined) lines.push(`hint: ${hint}`);
    const instance = (error as Partial<ServerError>).instance;
    if (error.kind === "internal" && typeof instance === "string" && !message.includes(instance))
      lines.push(`hint: the server's log tells more under the id ${printable(instance)}.`);
  }
  const table = SlipwayError.is(error) ? toMismatchTable(error.details) : null;
  return `${lines.join("\n")}\n${table === null ? "" : `\n${table}`}`;
}

/** The same as problem details (RFC 9457), one line of JSON; for programs. */
export function toErrorJson(error: unknown): string {
  return `${JSON.stringify(toProblem(error))}\n`;
}

function toProblem(error: unknown): Record<string, unknown> {
  const detail = error instanceof Error ? error.message : String(error);
  if (SlipwayError.is(error)) {
    const { status, instance, serverCode } = error as Partial<ServerError>;
    const code = serverCode ?? error.code;
    const { title } = errorTable[error.code];
    const type = `https://slipway.dev/errors/${code}`;
    const { retryable, details } = error;
    return { type, title, status, detail, code, retryable, instance, details };
  }
  if (ConnectionError.is(error))
    return { title: "The server cannot be reached", detail, code: "unreachable", retryable: true };
  if (error instanceof UsageError) return { title: "Wrong usage", detail, code: "usage", retryable: false };
  if (error instanceof InterruptedError) return { title: "Interrupted", detail, code: "interrupted", retryable: false };
  return { title: "Something went wrong in the command line", detail, code: "internal", retryable: false };
}

const codeOfKind: Readonly<Record<ErrorKind, ExitCode>> = {
  invalid: exitCodes.failed,
  unauthenticated: exitCodes.refused,
  forbidden: exitCodes.refused,
  not_found: exitCodes.notFound,
  conflict: exitCodes.refused,
  precondition: exitCodes.refused,
  exhausted: exitCodes.failed,
  too_large: exitCodes.failed,
  unavailable: exitCodes.failed,
  deadline: exitCodes.failed,
  cancelled: exitCodes.failed,
  unimplemented: exitCodes.failed,
  internal: exitCodes.failed,
};

export function toExitCode(error: unknown): ExitCode {
  if (error instanceof UsageError) return exitCodes.usage;
  if (error instanceof InterruptedError) return exitCodes.interrupted;
  if (ConnectionError.is(error)) return exitCodes.unreachable;
  return SlipwayError.is(error) ? codeOfKind[error.kind] : exitCodes.failed;
}
