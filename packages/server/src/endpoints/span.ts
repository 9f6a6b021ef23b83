import type { ErrorKind } from "@slipway/contract";
import type { SpanFacts } from "../platform/telemetry/index.ts";
import type { Journey, Outcome } from "./journey.ts";
import { toKeptMessage } from "./journey-record.ts";

const faults: ReadonlySet<ErrorKind> = new Set<ErrorKind>(["internal", "unavailable", "deadline"]);

/** The verb of a face, where it is not the face's own name. */
const verbs: Readonly<Record<string, string>> = { oip: "infer" };

/** What a trace shows of a request that ended and whose record was written, or not. `now` is monotonic. */
export function toSpan(journey: Journey, outcome: Outcome, ended: { now: number; logged: boolean }): SpanFacts {
  const { call, route, parsed, run, loaded, startedAt, parsedAt } = journey;
  const { error, fallback } = outcome;
  const answered = outcome.loaded ?? loaded;
  const model = answered?.version.model ?? route.spec.target?.model;
  return {
    name: `${verbs[call.face] ?? call.face} ${route.endpoint}`,
    startedAtUs: journey.at,
    durationUs: (ended.now - startedAt) * 1000,
    traceparent: call.traceparent,
    attributes: {
      "slipway.endpoint": route.endpoint,
      "slipway.revision": route.revision,
      "slipway.face": call.face,
      "slipway.prediction_id": journey.id,
      "slipway.rows": journey.rows,
      "slipway.status": error ? "error" : fallback === null ? "ok" : "fallback",
      "slipway.pinned": call.version !== null,
      "slipway.logged": ended.logged,
      ...(model === undefined ? {} : { "slipway.model": model }),
      ...(outcome.version === null ? {} : { "slipway.version": outcome.version }),
      ...(answered ? { "slipway.placement": answered.version.placement } : {}),
      ...(run ? { "slipway.batch_rows": run.batchRows } : {}),
      ...(fallback === null ? {} : { "slipway.fallback": fallback }),
    },
    steps: [
      ...(parsed ? [{ name: "parse", durationUs: (parsedAt - startedAt) * 1000 }] : []),
      ...(run
        ? [
            { name: "queue", durationUs: run.queueUs },
            { name: "run", durationUs: run.runUs },
          ]
        : []),
    ],
    error: error && { code: error.code, message: toKeptMessage(journey, outcome), fault: faults.has(error.kind) },
  };
}
