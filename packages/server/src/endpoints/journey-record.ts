import { redactTensors, type NewRecord } from "@slipway/runtime";
import type { Journey, Outcome } from "./journey.ts";

const tracePattern = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}/;

/** What stands in the prediction log of a request that ended. `now` is monotonic. */
export function toRecord(journey: Journey, outcome: Outcome, now: number): NewRecord {
  const { call, route, parsed, run } = journey;
  const { inputs, redacted } =
    route.redact.size > 0
      ? redactTensors(journey.inputs, route.redact)
      : { inputs: journey.inputs, redacted: undefined };
  const trace = call.traceparent === null ? null : tracePattern.exec(call.traceparent);
  return {
    route: route.logFields(outcome.loaded),
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
    error: outcome.error ? { code: outcome.error.code, message: outcome.error.message } : undefined,
    requestId: parsed?.requestId,
    user: call.user ?? undefined,
    extra: parsed?.extra ? withoutRedacted(parsed.extra, route.redact) : undefined,
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

/** The header names the key of a single row; a record field names it row by row. */
function toKeys({ call, route, parsed, rows, inputs }: Journey): (string | null)[] | undefined {
  if (call.key !== null && rows <= 1) return [call.key];
  const field = route.spec.log.key;
  if (field === null || !parsed || route.redact.has(field)) return undefined;
  const column = inputs.find((tensor) => tensor.name === field);
  if (column) return Array.from({ length: rows }, (_, row) => String(column.data[row]));
  return parsed.extra?.map((fields) => {
    const key = fields?.[field];
    return key === undefined || key === null ? null : String(key);
  });
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
