import { errorTable, type ErrorKind, type SlipwayError } from "@slipway/contract";
import { redactTensors, type NewRecord, type Signature } from "@slipway/runtime";
import { toExtraKeys } from "./field-keys.ts";
import type { Journey, Outcome } from "./journey.ts";

const tracePattern = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}/;

/** What stands in the prediction log of a request that ended. `now` is monotonic. */
export function toRecord(journey: Journey, outcome: Outcome, now: number): NewRecord {
  const { call, route, parsed, run } = journey;
  const signature = outcome.loaded?.signature ?? null;
  const { inputs, redacted } =
    route.redact.size > 0
      ? redactTensors(journey.inputs, tensorsOf(route.redact, signature))
      : { inputs: journey.inputs, redacted: undefined };
  const trace = call.traceparent === null ? null : tracePattern.exec(call.traceparent);
  return {
    route: (journey.assignment ?? route).logFields(outcome.loaded),
    id: journey.id,
    at: journey.at,
    status: outcome.error ? "error" : outcome.fallback === null ? "ok" : "fallback",
    rows: journey.rows,
    pinned: call.version !== null,
    face: call.face,
    keys: toKeys(journey),
    trace: trace ? { traceId: trace[1]!, spanId: trace[2]! } : undefined,
    durations: {
      parse: (journey.parsedAt - journey.startedAt) * 1000,
      queue: run?.queueUs ?? 0,
      run: run?.runUs ?? 0,
      total: (now - journey.startedAt) * 1000,
    },
    batchRows: run?.batchRows ?? 0,
    error: outcome.error ? { code: outcome.error.code, message: toKeptMessage(journey, outcome) } : undefined,
    requestId: parsed?.requestId,
    user: call.user ?? undefined,
    bucket: journey.bucket ?? undefined,
    extra: toExtra(journey),
    fallback: outcome.fallback ?? undefined,
    redacted,
    rawBody:
      parsed === null && outcome.error && route.redact.size === 0
        ? { contentType: call.contentType, length: call.body.length, bytes: call.body }
        : undefined,
    inputs,
    outputs: outcome.outputs,
  };
}

/** The inputs to redact; a matrix that holds a redacted column is one of them. */
function tensorsOf(redact: ReadonlySet<string>, signature: Signature | null): ReadonlySet<string> {
  if (!signature?.packed || !signature.inputs.some((input) => redact.has(input.name))) return redact;
  return new Set([...redact, signature.packed.tensor]);
}

/** Kinds of errors whose messages may quote what was sent: a value, or a piece of a body that is no JSON. */
const quoting: ReadonlySet<ErrorKind> = new Set(["invalid", "too_large", "internal"]);

/** The error as it may be kept: in the log and in a trace. */
export function toKeptMessage({ route }: Journey, { error, loaded }: Outcome): string {
  return error ? toMessage(error, route.redact, loaded?.signature ?? null) : "";
}

/** Beside redacted fields, a message that may quote one stays off the record; the caller was told. */
function toMessage(error: SlipwayError, redact: ReadonlySet<string>, signature: Signature | null): string {
  if (redact.size === 0 || !quoting.has(error.kind)) return error.message;
  const { input } = error.details;
  const about = typeof input === "string" && signature?.inputs.some(({ name }) => name === input) ? input : null;
  // About a column that is not redacted, and not about the matrix that holds all of them.
  if (about !== null && !redact.has(about) && error.code === "invalid_input") return error.message;
  const where = about === null ? "" : ` (${about})`;
  return `${errorTable[error.code].title}${where}. What was wrong may quote a redacted field, so it is not kept.`;
}

/** A record field names the key row by row; the header's stands for a single row, and for those that have none. */
function toKeys(journey: Journey): readonly (string | null)[] | undefined {
  const { call, rows } = journey;
  if (call.key !== null && rows <= 1) return [call.key];
  const keys = toFieldKeys(journey);
  if (call.key === null) return keys;
  return Array.from({ length: rows }, (_, row) => keys?.[row] ?? call.key);
}

function toFieldKeys({ route, parsed, rows, inputs }: Journey): (string | null)[] | undefined {
  const field = route.spec.log.key;
  if (field === null || !parsed || route.redact.has(field)) return undefined;
  const column = inputs.find((tensor) => tensor.name === field);
  if (column) return Array.from({ length: rows }, (_, row) => String(column.data[row]));
  return toExtraKeys(parsed, field);
}

/** A unit that is in a header is kept as one that is in the record: else nobody could say later whose request it was. */
function toExtra({ parsed, rows, route, call }: Journey): NewRecord["extra"] {
  const extra = parsed?.extra && withoutRedacted(parsed.extra, route.redact);
  const name = route.division?.unitHeader ?? null;
  const unit = name === null || rows === 0 ? null : call.header(name);
  if (unit === null || route.redact.has(`header:${name}`)) return extra;
  return Array.from({ length: rows }, (_, row) => ({ ...extra?.[row], [`header:${name}`]: unit }));
}

function withoutRedacted(
  extra: readonly (Readonly<Record<string, unknown>> | null)[],
  redact: ReadonlySet<string>,
): readonly (Readonly<Record<string, unknown>> | null)[] {
  if (redact.size === 0) return extra;
  return extra.map(
    (fields) => fields && Object.fromEntries(Object.entries(fields).filter(([name]) => !redact.has(name))),
  );
}
