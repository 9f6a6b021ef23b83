import { SlipwayError } from "@slipway/contract";
import type { ResolvedInputs, Signature, Tensor } from "@slipway/runtime";
import type { Clock } from "../kernel/clock.ts";
import { createId, type Id } from "../kernel/ids.ts";
import type { Logger } from "../kernel/logger.ts";
import type { Tracer } from "../platform/telemetry/index.ts";
import type { PredictionLog } from "../predictions/index.ts";
import type { LoadedVersion, RunResult } from "../serving/index.ts";
import { runFallback } from "./fallback.ts";
import type { InferCall, Journey, Outcome } from "./journey.ts";
import { toRecord } from "./journey-record.ts";
import { countRequest } from "./metrics.ts";
import type { Routing } from "./routing.ts";
import type { Route } from "./snapshot.ts";
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

/** An error of a request that has a record; `id` and `logged` belong into the answer. */
export class InferError extends Error {
  readonly error: SlipwayError;
  readonly id: Id;
  readonly logged: boolean;
  readonly requestId: string | null;
  constructor(error: SlipwayError, facts: { id: Id; logged: boolean; requestId: string | null }) {
    super(error.message, { cause: error });
    this.error = error;
    this.id = facts.id;
    this.logged = facts.logged;
    this.requestId = facts.requestId;
  }
}

export interface InferDeps {
  readonly routing: Routing;
  readonly predictions: PredictionLog;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Null: nobody collects traces. */
  readonly tracer: Tracer | null;
}

const noTensors: readonly Tensor[] = [];

export type Infer = (call: InferCall) => Promise<InferAnswer>;

/**
 * Answers one request: route, parse, validate, run, record, and only then the answer.
 * @throws SlipwayError `endpoint_not_found`; InferError for what has a record
 */
export function createInfer(deps: InferDeps): Infer {
  const { clock, routing, predictions, tracer } = deps;

  function findRoute(name: string): Route {
    const { routes } = routing.snapshot();
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

  function choose(journey: Journey): LoadedVersion | Promise<LoadedVersion> {
    const { route, call } = journey;
    const { version } = call;
    if (version !== null && route.spec.target && version !== route.spec.target.version)
      return routing.pinned.get(route.spec.target.model, version);
    if (!route.loaded) throw new SlipwayError("not_ready", `${route.endpoint} cannot answer: ${route.failure}`);
    return route.loaded;
  }

  async function run(journey: Journey): Promise<RunResult> {
    const { call, route } = journey;
    // No await where the version is in memory: the request must enter its queue before anything can unload it.
    const chosen = choose(journey);
    const loaded = chosen instanceof Promise ? await chosen : chosen;
    journey.loaded = loaded;
    const parsed = call.parse(loaded.signature, route.extraFields);
    journey.parsed = parsed;
    journey.inputs = parsed.tensors;
    const { resolved } = parsed;
    journey.rows = resolved.rows;
    journey.parsedAt = clock.monotonic();
    const budgetMs = Math.min(call.timeoutMs ?? Infinity, route.spec.serve.timeoutMs);
    const result = await withDeadline(loaded, resolved, budgetMs - (journey.parsedAt - journey.startedAt));
    if (clock.monotonic() - journey.startedAt > budgetMs) throw deadline(budgetMs);
    return result;
  }

  async function withDeadline(loaded: LoadedVersion, resolved: ResolvedInputs, leftMs: number): Promise<RunResult> {
    if (leftMs <= 0) throw deadline(0);
    // A run in this thread cannot be cut short, so a timer would only cost; its time is checked when it is over.
    if (loaded.version.placement === "thread") return loaded.run(resolved.tensors, resolved.rows);
    const ended = new AbortController();
    const late = clock.sleep(leftMs, ended.signal).then(() => {
      if (ended.signal.aborted) return null;
      dropped.abort();
      return null;
    });
    const dropped = new AbortController();
    try {
      const result = await Promise.race([loaded.run(resolved.tensors, resolved.rows, dropped.signal), late]);
      if (result === null) throw deadline(leftMs);
      return result;
    } finally {
      ended.abort();
    }
  }

  function record(journey: Journey, outcome: Outcome): Promise<boolean> {
    const { route } = journey;
    const { metrics } = route;
    countRequest(metrics, outcome.version, outcome.error?.code ?? (outcome.fallback === null ? "ok" : "fallback"));
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
    const instead = error.kind === "invalid" ? null : await runFallback(journey.route, journey, error);
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
    const route = findRoute(call.endpoint);
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

function failed({ loaded, route, call }: Journey, error: SlipwayError): Outcome {
  const version = call.version ?? loaded?.version.version ?? route.spec.target?.version ?? null;
  return { loaded, version, outputs: noTensors, error, fallback: null };
}

function asSlipwayError(thrown: unknown, logger: Logger, id: Id): SlipwayError {
  if (SlipwayError.is(thrown)) return thrown;
  logger.error({ error: thrown, prediction: id }, "a prediction failed in an unexpected way");
  return new SlipwayError(
    "internal",
    `Something went wrong inside the server; its log has the details under ${id}.`,
    {},
    thrown,
  );
}

function deadline(budgetMs: number): SlipwayError {
  return new SlipwayError("deadline_exceeded", `No answer within ${Math.round(budgetMs)} ms.`, {
    timeout_ms: budgetMs,
  });
}

function logUnavailable(): SlipwayError {
  return new SlipwayError(
    "log_unavailable",
    "The prediction log cannot be written and this endpoint refuses to answer without it (log.on_full: refuse); free disk space.",
  );
}
