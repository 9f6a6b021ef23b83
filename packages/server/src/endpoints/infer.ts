import { SlipwayError, type ErrorKind } from "@slipway/contract";
import type { Tensor } from "@slipway/runtime";
import type { Clock } from "../kernel/clock.ts";
import { createId, type Id } from "../kernel/ids.ts";
import type { Logger } from "../kernel/logger.ts";
import type { Tracer } from "../platform/telemetry/index.ts";
import type { PredictionLog } from "../predictions/index.ts";
import { runFallback } from "./fallback.ts";
import { asSlipwayError, InferError, logUnavailable } from "./infer-errors.ts";
import type { Answered, InferCall, Journey, Outcome } from "./journey.ts";
import type { Routing } from "./routing.ts";
import type { Shadows } from "./shadows/shadows.ts";
import { createRecordJourney } from "./record-journey.ts";
import { createRunJourney } from "./run-journey.ts";
import type { Answering, Route, RoutingSnapshot } from "./snapshot.ts";

export interface InferAnswer<Body> {
  readonly id: Id;
  readonly body: Body;
  readonly logged: boolean;
  /** What answered instead and why; null: the version itself. */
  readonly fallback: string | null;
}

export interface InferDeps {
  readonly routing: Routing;
  readonly predictions: Pick<PredictionLog, "append">;
  readonly shadows: Pick<Shadows, "offer">;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Null: nobody collects traces. */
  readonly tracer: Tracer | null;
}

/** What a fallback answers for; a wrong request stays wrong. */
const fallsBack: ReadonlySet<ErrorKind> = new Set(["internal", "unavailable", "deadline"]);
const noTensors: readonly Tensor[] = [];

export type Infer = <Body>(call: InferCall<Body>) => Promise<InferAnswer<Body>>;

/**
 * Answers one request: route, parse, validate, run, record, and only then the answer.
 * @throws SlipwayError `endpoint_not_found`; InferError for what has a record
 */
export function createInfer(deps: InferDeps): Infer {
  const { clock, routing } = deps;
  const run = createRunJourney(deps);
  const record = createRecordJourney(deps);

  async function fail<Body>(journey: Journey, call: InferCall<Body>, thrown: unknown): Promise<InferAnswer<Body>> {
    let error = asSlipwayError(thrown, deps.logger, journey.id);
    const instead =
      !fallsBack.has(error.kind) || journey.route.stop === "refuse"
        ? null
        : await runFallback(journey.route, journey, error);
    if (instead)
      try {
        return await finish(journey, instead, call.render(toAnswered(journey, instead)));
      } catch (unrendered) {
        if (unrendered instanceof InferError) throw unrendered;
        deps.logger.warn({ error: unrendered, prediction: journey.id }, "the fallback's answer cannot be rendered");
      }
    const logged = await record(journey, failed(journey, error));
    deps.shadows.offer(journey, error);
    if (!logged && journey.route.spec.log.onFull === "refuse") error = logUnavailable();
    throw new InferError(error, { id: journey.id, logged, requestId: journey.parsed?.requestId ?? null });
  }

  async function finish<Body>(
    journey: Journey,
    outcome: Outcome & { readonly loaded: Answering },
    body: Body,
  ): Promise<InferAnswer<Body>> {
    const logged = await record(journey, outcome);
    deps.shadows.offer(journey, null);
    if (!logged && journey.route.spec.log.onFull === "refuse")
      throw new InferError(logUnavailable(), {
        id: journey.id,
        logged,
        requestId: journey.parsed?.requestId ?? null,
      });
    return { id: journey.id, body, logged, fallback: outcome.fallback };
  }

  return async function infer<Body>(call: InferCall<Body>): Promise<InferAnswer<Body>> {
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
      assignment: null,
      bucket: null,
      loaded: null,
      run: null,
    };
    route.metrics.inFlight++;
    let outcome: Outcome & { readonly loaded: Answering };
    let body: Body;
    try {
      journey.run = await run(journey);
      const loaded = journey.loaded!;
      const { outputs } = journey.run;
      outcome = { loaded, version: loaded.version.version, outputs, error: null, fallback: null };
      body = call.render(toAnswered(journey, outcome));
    } catch (error) {
      return fail(journey, call, error);
    }
    return finish(journey, outcome, body);
  };
}

function toAnswered(journey: Journey, { loaded, outputs, fallback }: Outcome & { loaded: Answering }): Answered {
  return {
    id: journey.id,
    endpoint: journey.route.endpoint,
    model: loaded.version.model,
    version: loaded.version.version,
    signature: loaded.signature,
    outputs,
    rows: journey.rows,
    requestId: journey.parsed?.requestId ?? null,
    fallback,
  };
}

/** @throws SlipwayError `endpoint_not_found` that names what there is */
function findRoute({ routes }: RoutingSnapshot, name: string): Route {
  const route = routes.get(name);
  if (route && (route.loaded || route.failure !== null || route.stop !== null)) return route;
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
