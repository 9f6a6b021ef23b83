import { SlipwayError } from "@slipway/contract";
import type { ResolvedInputs } from "@slipway/runtime";
import type { Clock } from "../kernel/clock.ts";
import type { LoadedVersion, RunResult } from "../serving/index.ts";
import { checkExtraKeys } from "./field-keys.ts";
import { deadline, gone } from "./infer-errors.ts";
import type { Division } from "./divide.ts";
import type { Journey } from "./journey.ts";
import type { ParsedRequest } from "./parsed-request.ts";
import type { Routing } from "./routing.ts";

interface Limit {
  readonly budgetMs: number;
  /** Monotonic milliseconds. */
  readonly deadlineAt: number;
}

/** Chooses the version of a request, parses the body for it and runs it within the request's time. */
export function createRunJourney({
  routing,
  clock,
}: {
  readonly routing: Routing;
  readonly clock: Clock;
}): (journey: Journey) => Promise<RunResult> {
  async function run(journey: Journey): Promise<RunResult> {
    const { call, route } = journey;
    const { target } = route.spec;
    if (route.stop !== null) throw stopped(journey);
    if (call.version !== null && target && call.version !== target.version) {
      const arm = route.arms.find(({ loaded }) => loaded.version.version === call.version);
      if (arm) return runOn(arm.loaded, journey);
      const { loaded, giveBack } = await routing.pinned.take(target.model, call.version, route.spec.serve);
      return runOn(loaded, journey).finally(giveBack);
    }
    if (!route.loaded) throw new SlipwayError("not_ready", `${route.endpoint} cannot answer: ${route.failure}`);
    // No await before: the request must enter the version's queue before anything can unload it.
    if (call.version !== null || route.division === null) return runOn(route.loaded, journey);
    return runOn(assign(journey, route.loaded, route.division), journey);
  }

  /** Chooses the arm. Where the body decides it is parsed for the champion, which is what callers know. */
  function assign(journey: Journey, served: LoadedVersion, division: Division): LoadedVersion {
    const { id, call } = journey;
    if (division.readsBody) {
      journey.assignment = division.unread;
      parse(served, journey);
    }
    const { assignment, bucket } = division.choose({ id, header: call.header, parsed: journey.parsed });
    Object.assign(journey, { assignment, bucket });
    // The arm's version reads the body its own way.
    if (!assignment.takesSame) Object.assign(journey, { parsed: null, rows: 0, inputs: [] });
    return assignment.loaded;
  }

  function parse(loaded: LoadedVersion, journey: Journey): ParsedRequest {
    const { call, route } = journey;
    journey.loaded = loaded;
    const parsed = call.parse(loaded.signature, route.extraFields);
    journey.parsed = parsed;
    journey.inputs = parsed.tensors;
    journey.rows = parsed.resolved.rows;
    return parsed;
  }

  async function runOn(loaded: LoadedVersion, journey: Journey): Promise<RunResult> {
    const { call, route } = journey;
    const parsed = journey.parsed ?? parse(loaded, journey);
    journey.loaded = loaded;
    const { resolved } = parsed;
    if (route.spec.log.key !== null) checkExtraKeys(parsed, route.spec.log.key);
    journey.parsedAt = clock.monotonic();
    const budgetMs = Math.min(call.timeoutMs ?? Infinity, parsed.timeoutMs ?? Infinity, route.spec.serve.timeoutMs);
    const limit = { budgetMs, deadlineAt: journey.startedAt + budgetMs };
    if (journey.parsedAt >= limit.deadlineAt) throw deadline(budgetMs);
    return loaded.placement === "thread" ? runHere(loaded, resolved, limit) : runAway(loaded, journey, limit);
  }

  /** A run in this thread cannot be cut short, so a timer would only cost; its time is checked when it is over. */
  async function runHere(loaded: LoadedVersion, { tensors, rows }: ResolvedInputs, limit: Limit): Promise<RunResult> {
    const result = await loaded.run(tensors, rows, { deadlineAt: limit.deadlineAt });
    if (clock.monotonic() > limit.deadlineAt) throw deadline(limit.budgetMs);
    return result;
  }

  /** At the deadline, or when the caller goes away, the place in the queue is free and the request is over, whatever still runs. */
  function runAway(loaded: LoadedVersion, { call, parsed }: Journey, limit: Limit): Promise<RunResult> {
    const { tensors, rows } = parsed!.resolved;
    const { deadlineAt, budgetMs } = limit;
    const { promise, resolve, reject } = Promise.withResolvers<RunResult>();
    const left = new AbortController();
    const giveUp = (error: SlipwayError) => {
      reject(error);
      left.abort(error);
    };
    const stopTimer = clock.after(deadlineAt - clock.monotonic(), () => giveUp(deadline(budgetMs)));
    const stopListening = call.onGone?.(() => giveUp(gone()));
    loaded
      .run(tensors, rows, { deadlineAt, signal: left.signal })
      .then(resolve, reject)
      .finally(() => {
        stopTimer();
        stopListening?.();
      });
    return promise;
  }

  return run;
}

/** What was asked of an endpoint that is stopped; a value that answers instead is as many times as the request has rows. */
function stopped(journey: Journey): SlipwayError {
  const { route, call } = journey;
  const { fallback, endpoint } = route;
  if (route.stop === "fallback" && fallback?.kind === "value") {
    const parsed = call.parse(fallback.served.signature, route.extraFields);
    Object.assign(journey, { parsed, inputs: parsed.tensors, rows: parsed.resolved.rows });
  }
  return new SlipwayError("endpoint_stopped", `${endpoint} was stopped. "slipway start ${endpoint}" takes that back.`, {
    endpoint,
  });
}
