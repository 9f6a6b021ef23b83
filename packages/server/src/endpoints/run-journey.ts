import { SlipwayError } from "@slipway/contract";
import type { ResolvedInputs } from "@slipway/runtime";
import type { Clock } from "../kernel/clock.ts";
import type { LoadedVersion, RunResult } from "../serving/index.ts";
import { checkExtraKeys } from "./field-keys.ts";
import { deadline } from "./infer-errors.ts";
import type { Journey } from "./journey.ts";
import type { Routing } from "./routing.ts";

/** Chooses the version of a request, parses the body for it and runs it within the request's time. */
export function createRunJourney({
  routing,
  clock,
}: {
  readonly routing: Routing;
  readonly clock: Clock;
}): (journey: Journey) => Promise<RunResult> {
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
    if (route.spec.log.key !== null) checkExtraKeys(parsed, route.spec.log.key);
    journey.parsedAt = clock.monotonic();
    const budgetMs = Math.min(call.timeoutMs ?? Infinity, route.spec.serve.timeoutMs);
    const result = await withDeadline(loaded, resolved, budgetMs - (journey.parsedAt - journey.startedAt));
    if (result === null || clock.monotonic() - journey.startedAt > budgetMs) throw deadline(budgetMs);
    return result;
  }

  /** Null: the time is over. */
  async function withDeadline(
    loaded: LoadedVersion,
    resolved: ResolvedInputs,
    leftMs: number,
  ): Promise<RunResult | null> {
    if (leftMs <= 0) return null;
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
      return await Promise.race([loaded.run(resolved.tensors, resolved.rows, dropped.signal), late]);
    } finally {
      ended.abort();
    }
  }

  return run;
}
