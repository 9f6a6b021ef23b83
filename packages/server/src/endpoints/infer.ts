import { SlipwayError, type ErrorKind } from "@slipway/contract";
import type { Signature, Tensor } from "@slipway/runtime";
import type { Clock } from "../kernel/clock.ts";
import { createId, type Id } from "../kernel/ids.ts";
import type { Logger } from "../kernel/logger.ts";
import type { Tracer } from "../platform/telemetry/index.ts";
import type { PredictionLog } from "../predictions/index.ts";
import type { LoadedVersion } from "../serving/index.ts";
import { runFallback } from "./fallback.ts";
import { asSlipwayError, InferError, logUnavailable } from "./infer-errors.ts";
import type { InferCall, Journey, Outcome } from "./journey.ts";
import { toRecord } from "./journey-record.ts";
import { countRequest } from "./metrics.ts";
import type { Routing } from "./routing.ts";
import { createRunJourney } from "./run-journey.ts";
import type { Route, RoutingSnapshot } from "./snapshot.ts";
import { toSpan } from "./span.ts";

export interface InferAnswer {
  readonly id: Id;
  readonly endpoint: string;
  readonly model: string;
  readonly version: number;
  readonly signature: Signature;
  readonly outputs: readonly Tensor[];
  readonly rows: number;
  readonly requestId: string | null;
  readonly logged: boolean;
  /** What answered instead and why; null: the version itself. */
  readonly fallback: string | null;
}

export interface InferDeps {
  readonly routing: Routing;
  readonly predictions: PredictionLog;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Null: nobody collects traces. */
  readonly tracer: Tracer | null;
}

/** What a fallback answers for; a wrong request stays wrong. */
const fallsBack: ReadonlySet<ErrorKind> = new Set(["internal", "unavailable", "deadline"]);
const noTensors: readonly Tensor[] = [];

export type Infer = (call: InferCall) => Promise<InferAnswer>;

/**
 * Answers one request: route, parse, validate, run, record, and only then the answer.
 * @throws SlipwayError `endpoint_not_found`; InferError for what has a record
 */
export function createInfer(deps: InferDeps): Infer {
  const { clock, routing, predictions, tracer } = deps;
  const run = createRunJourney(deps);

  function record(journey: Journey, outcome: Outcome): Promise<boolean> {
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
  }

  async function fail(journey: Journey, thrown: unknown): Promise<InferAnswer> {
    let error = asSlipwayError(thrown, deps.logger, journey.id);
    const instead = !fallsBack.has(error.kind) ? null : await runFallback(journey.route, journey, error);
    if (instead) return finish(journey, instead);
    const logged = await record(journey, failed(journey, error));
    if (!logged && journey.route.spec.log.onFull === "refuse") error = logUnavailable();
    throw new InferError(error, { id: journey.id, logged, requestId: journey.parsed?.requestId ?? null });
  }

  async function finish(journey: Journey, outcome: Outcome & { readonly loaded: LoadedVersion }): Promise<InferAnswer> {
    const logged = await record(journey, outcome);
    const requestId = journey.parsed?.requestId ?? null;
    if (!logged && journey.route.spec.log.onFull === "refuse")
      throw new InferError(logUnavailable(), { id: journey.id, logged, requestId });
    return {
      id: journey.id,
      endpoint: journey.route.endpoint,
      model: outcome.loaded.version.model,
      version: outcome.loaded.version.version,
      signature: outcome.loaded.signature,
      outputs: outcome.outputs,
      rows: journey.rows,
      requestId,
      logged,
      fallback: outcome.fallback,
    };
  }

  return async function infer(call) {
    const route = findRoute(routing.snapshot(), call.endpoint);
    const startedAt = clock.monotonic();
    const journey: Journey = {
      id: createId(),
      at: clock.now() * 1000,
      startedAt,
      call,
      route,
      parsed: null,
      parsedAt: startedAt,
      rows: 0,
      inputs: noTensors,
      loaded: null,
      run: null,
    };
    route.metrics.inFlight++;
    try {
      journey.run = await run(journey);
    } catch (error) {
      return fail(journey, error);
    }
    const loaded = journey.loaded!;
    const { version } = loaded.version;
    return finish(journey, { loaded, version, outputs: journey.run.outputs, error: null, fallback: null });
  };
}

/** @throws SlipwayError `endpoint_not_found` that names what there is */
function findRoute({ routes }: RoutingSnapshot, name: string): Route {
  const route = routes.get(name);
  if (route && (route.loaded || route.failure !== null)) return route;
  const known = [...routes.values()].filter((other) => other.loaded).map((other) => other.endpoint);
  throw new SlipwayError(
    "endpoint_not_found",
    route
      ? `The endpoint ${name} is not deployed at present; promote a version of it.`
      : `There is no endpoint ${JSON.stringify(name)}${known.length === 0 ? "; deploy a model first." : `; there are: ${known.slice(0, 20).join(", ")}.`}`,
    { endpoint: name, endpoints: known.slice(0, 20) },
  );
}

function failed({ loaded, route, call }: Journey, error: SlipwayError): Outcome {
  const version = call.version ?? loaded?.version.version ?? route.spec.target?.version ?? null;
  return { loaded, version, outputs: noTensors, error, fallback: null };
}
