/**
 * The closed table of everything that can go wrong, the same for every protocol.
 * Kinds are neutral; each wire folder maps every kind to its own protocol with a total Record.
 */
export const errorKinds = [
  "invalid",
  "unauthenticated",
  "forbidden",
  "not_found",
  "conflict",
  "precondition",
  "exhausted",
  "too_large",
  "unavailable",
  "deadline",
  "cancelled",
  "unimplemented",
  "internal",
] as const;

export type ErrorKind = (typeof errorKinds)[number];

interface ErrorEntry {
  readonly kind: ErrorKind;
  /** A short sentence that is the same for every occurrence (RFC 9457 `title`). */
  readonly title: string;
  /** Whether the very same request may succeed later without being changed. */
  readonly retryable: boolean;
}

const table = {
  invalid_request: { kind: "invalid", title: "The request is not well formed", retryable: false },
  invalid_input: { kind: "invalid", title: "An input of the model is wrong", retryable: false },
  invalid_name: {
    kind: "invalid",
    title: "A name or address is not well formed",
    retryable: false,
  },
  invalid_manifest: { kind: "invalid", title: "slipway.yaml is wrong", retryable: false },
  invalid_model: { kind: "invalid", title: "The model cannot be served", retryable: false },
  invalid_config: { kind: "invalid", title: "The configuration is wrong", retryable: false },
  digest_mismatch: {
    kind: "invalid",
    title: "The bytes do not have the digest that was announced",
    retryable: false,
  },
  unsupported_media_type: {
    kind: "invalid",
    title: "The content type is not accepted here",
    retryable: false,
  },
  invalid_query: { kind: "invalid", title: "The SQL query cannot be run", retryable: false },
  invalid_file: { kind: "invalid", title: "A file cannot be read as what it should be", retryable: false },
  unauthenticated: { kind: "unauthenticated", title: "A valid token is needed", retryable: false },
  forbidden: { kind: "forbidden", title: "Not allowed", retryable: false },
  foreign_origin: {
    kind: "forbidden",
    title: "A web page of another origin may not do this",
    retryable: false,
  },
  not_found: { kind: "not_found", title: "There is nothing at this address", retryable: false },
  model_not_found: { kind: "not_found", title: "No such model", retryable: false },
  version_not_found: { kind: "not_found", title: "No such version", retryable: false },
  alias_not_found: { kind: "not_found", title: "No such alias", retryable: false },
  endpoint_not_found: { kind: "not_found", title: "No such endpoint", retryable: false },
  prediction_not_found: {
    kind: "not_found",
    title: "No such prediction on record",
    retryable: false,
  },
  experiment_not_found: { kind: "not_found", title: "No such experiment", retryable: false },
  artifact_not_found: { kind: "not_found", title: "No such artifact", retryable: false },
  upload_not_found: { kind: "not_found", title: "No such upload", retryable: false },
  run_not_found: { kind: "not_found", title: "No such run", retryable: false },
  logged_model_not_found: { kind: "not_found", title: "No such logged model", retryable: false },
  blob_not_found: { kind: "not_found", title: "No such blob", retryable: false },
  operation_not_found: { kind: "not_found", title: "No such operation", retryable: false },
  conflict: {
    kind: "conflict",
    title: "Somebody else changed this at the same time",
    retryable: true,
  },
  already_exists: { kind: "conflict", title: "It exists already", retryable: false },
  in_use: { kind: "precondition", title: "It is still in use", retryable: false },
  precondition_failed: {
    kind: "precondition",
    title: "A condition for this does not hold",
    retryable: false,
  },
  data_folder_locked: {
    kind: "precondition",
    title: "Another server uses this data folder",
    retryable: true,
  },
  data_folder_newer: {
    kind: "precondition",
    title: "The data folder was written by a newer Slipway",
    retryable: false,
  },
  too_slow: {
    kind: "precondition",
    title: "The model is too slow for this placement",
    retryable: false,
  },
  parity_failed: {
    kind: "precondition",
    title: "The model does not answer as it did at training",
    retryable: false,
  },
  breaking_change: {
    kind: "precondition",
    title: "The new signature breaks those who call the endpoint now",
    retryable: false,
  },
  training_too_old: {
    kind: "precondition",
    title: "The model was trained too long ago",
    retryable: false,
  },
  not_replayable: {
    kind: "precondition",
    title: "This prediction cannot be run again",
    retryable: false,
  },
  too_large: { kind: "too_large", title: "The request is too large", retryable: false },
  overloaded: {
    kind: "unavailable",
    title: "The server has more work than it can do in time",
    retryable: true,
  },
  rate_limited: { kind: "exhausted", title: "Too many requests", retryable: true },
  not_ready: { kind: "unavailable", title: "The model is not loaded", retryable: true },
  endpoint_stopped: { kind: "unavailable", title: "The endpoint was stopped", retryable: true },
  log_unavailable: {
    kind: "unavailable",
    title: "The prediction log cannot be written",
    retryable: true,
  },
  source_unavailable: {
    kind: "unavailable",
    title: "What an import reads does not answer",
    retryable: true,
  },
  shutting_down: { kind: "unavailable", title: "The server is shutting down", retryable: true },
  deadline_exceeded: { kind: "deadline", title: "The deadline passed", retryable: true },
  cancelled: { kind: "cancelled", title: "Cancelled by the caller", retryable: false },
  interrupted: { kind: "cancelled", title: "The server stopped while this ran", retryable: true },
  unimplemented: { kind: "unimplemented", title: "Not built yet", retryable: false },
  damaged_blob: {
    kind: "internal",
    title: "Stored bytes are not what they were",
    retryable: false,
  },
  model_failed: { kind: "internal", title: "The model failed on this input", retryable: false },
  internal: { kind: "internal", title: "Something went wrong inside the server", retryable: true },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof table;
export const errorTable: Readonly<Record<ErrorCode, ErrorEntry>> = table;

/** JSON-safe facts about one occurrence, for programs; people read the message. */
export type ErrorDetails = Readonly<Record<string, unknown>>;

/**
 * The only error that carries its message to a caller: what happened and why, then what to do.
 * Anything else that is thrown becomes `internal`, with an id that stands in the answer and in the log.
 */
export class SlipwayError extends Error {
  override readonly name = "SlipwayError";
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.details = details;
  }

  get kind(): ErrorKind {
    return errorTable[this.code].kind;
  }

  get retryable(): boolean {
    return errorTable[this.code].retryable;
  }

  /** By name and shape, so that two copies of this package agree. */
  static is(value: unknown): value is SlipwayError {
    return value instanceof Error && value.name === "SlipwayError" && "code" in value;
  }
}
