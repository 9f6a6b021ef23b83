import { SlipwayError, errorTable, type ErrorCode, type ErrorDetails } from "@slipway/contract/errors";
import type { Problem } from "@slipway/contract";

/** What a server answered instead of success: a SlipwayError with where it came from. */
export class ServerError extends SlipwayError {
  /** HTTP status. */
  readonly status: number;
  /** Id of this occurrence, also in the server's log; undefined where the server gave none. */
  readonly instance: string | undefined;
  /** The code as the server sent it; differs from `code` where this SDK is older than the server. */
  readonly serverCode: string;

  constructor(options: {
    code: ErrorCode;
    serverCode?: string;
    message: string;
    details?: ErrorDetails;
    status: number;
    instance?: string | undefined;
  }) {
    super(options.code, options.message, options.details ?? {});
    this.status = options.status;
    this.instance = options.instance;
    this.serverCode = options.serverCode ?? options.code;
  }
}

/** No answer came from the address: nothing listens there, or the connection broke. Nothing is known of the effect. */
export class ConnectionError extends Error {
  override readonly name = "ConnectionError";
  readonly url: string;
  /** System code such as ECONNREFUSED; undefined in a browser, which tells nothing. */
  readonly code: string | undefined;

  constructor(url: string, cause: unknown) {
    const code = systemCode(cause);
    const reason = code === undefined ? "" : ` (${reasons[code] ?? code})`;
    const text = connectionCutCodes.has(code ?? "")
      ? `The connection to ${url} broke before the answer was whole${reason}. Look whether the server still runs; \`slipway up\` starts one.`
      : `Cannot reach a Slipway server at ${url}${reason}. Start one with \`slipway up\`, or check the address.`;
    super(text, { cause });
    this.url = url;
    this.code = code;
  }

  /** By name, so that two copies of this package agree. */
  static is(value: unknown): value is ConnectionError {
    return value instanceof Error && value.name === "ConnectionError" && "url" in value;
  }
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "connection reset",
  ENOTFOUND: "unknown host name",
  EAI_AGAIN: "the name server does not answer",
  EHOSTUNREACH: "host unreachable",
  ENETUNREACH: "network unreachable",
  ETIMEDOUT: "timed out",
  UND_ERR_CONNECT_TIMEOUT: "timed out",
  UND_ERR_SOCKET: "connection closed",
  EPIPE: "connection closed",
};

/** Codes of a connection that stood and was lost; only after these is a repetition worth while. */
export const connectionCutCodes: ReadonlySet<string> = new Set(["ECONNRESET", "EPIPE", "UND_ERR_SOCKET"]);

/** The first `code` along the chain of causes; fetch hides it one or two levels deep. */
export function systemCode(error: unknown): string | undefined {
  let at: unknown = error;
  for (let depth = 0; depth < 5 && typeof at === "object" && at !== null; depth++) {
    const { code, cause, errors } = at as { code?: unknown; cause?: unknown; errors?: unknown };
    if (typeof code === "string") return code;
    at = Array.isArray(errors) ? errors[0] : cause;
  }
  return undefined;
}

const codeOfStatus: Readonly<Record<number, ErrorCode>> = {
  401: "unauthenticated",
  403: "forbidden",
  404: "not_found",
  408: "deadline_exceeded",
  409: "conflict",
  412: "precondition_failed",
  413: "too_large",
  415: "unsupported_media_type",
  429: "rate_limited",
  499: "cancelled",
  501: "unimplemented",
  503: "overloaded",
  504: "deadline_exceeded",
};

function codeFor(status: number): ErrorCode {
  return codeOfStatus[status] ?? (status < 500 ? "invalid_request" : "internal");
}

/**
 * The error that an unsuccessful answer means. Answers that are no problem+json (a proxy's page, an older server)
 * become the nearest code, with the beginning of their text.
 */
export function toServerError(status: number, body: string, url: string): ServerError {
  const problem = parseProblem(body);
  if (problem?.code === undefined) {
    const start = body.replace(/\s+/g, " ").trim().slice(0, 200);
    return new ServerError({
      code: codeFor(status),
      message: `${url} answered ${status}${start === "" ? "" : `: ${start}`}. Is this a Slipway server?`,
      status,
    });
  }
  return new ServerError({
    code: Object.hasOwn(errorTable, problem.code) ? (problem.code as ErrorCode) : codeFor(status),
    serverCode: problem.code,
    message: problem.detail ?? problem.title ?? `${url} answered ${status}.`,
    details: problem.details ?? {},
    status,
    instance: problem.instance,
  });
}

function parseProblem(body: string): Partial<Problem> | null {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null ? value : null;
  } catch {
    return null;
  }
}
