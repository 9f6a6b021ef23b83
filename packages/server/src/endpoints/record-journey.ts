import type { Clock } from "../kernel/clock.ts";
import type { Tracer } from "../platform/telemetry/index.ts";
import type { PredictionLog } from "../predictions/index.ts";
import type { Journey, Outcome } from "./journey.ts";
import { toRecord } from "./journey-record.ts";
import { countRequest } from "./metrics.ts";
import { toSpan } from "./span.ts";

export interface RecordJourneyDeps {
  readonly predictions: Pick<PredictionLog, "append">;
  readonly clock: Clock;
  readonly tracer: Tracer | null;
}

/** Counts a request that ended, puts it on record and into a trace; resolves with whether it is on record. */
export function createRecordJourney({
  predictions,
  clock,
  tracer,
}: RecordJourneyDeps): (journey: Journey, outcome: Outcome) => Promise<boolean> {
  return (journey, outcome) => {
    const { route } = journey;
    const { metrics } = route;
    // A version that was only asked for may be any number, and each would be counted apart for ever.
    const counted = outcome.loaded || journey.call.version === null ? outcome.version : null;
    countRequest(metrics, counted, outcome.error?.code ?? (outcome.fallback === null ? "ok" : "fallback"));
    if (journey.run) metrics.batchRows.observe(journey.run.batchRows);
    return new Promise((resolve) =>
      predictions.append(
        toRecord(journey, outcome, clock.monotonic()),
        { durability: route.spec.log.durability },
        (logged) => {
          if (logged) metrics.logged++;
          else metrics.notLogged++;
          metrics.inFlight--;
          const now = clock.monotonic();
          metrics.seconds.observe((now - journey.startedAt) / 1000);
          resolve(logged);
          if (tracer) tracer.span(toSpan(journey, outcome, { now, logged }));
        },
      ),
    );
  };
}
