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
  async function run(journey: Journey): Promise<RunResult> {
    const { call, route } = journey;
    const { target } = route.spec;
    if (call.version !== null && target && call.version !== target.version) {
      const { loaded, giveBack } = await routing.pinned.take(target.model, call.version);
      return runOn(loaded, journey).finally(giveBack);
    }
    if (!route.loaded) throw new SlipwayError("not_ready", `${route.endpoint} cannot answer: ${route.failure}`);
    // No await before: the request must enter the version's queue before anything can unload it.
    return runOn(route.loaded, journey);
  }

  async function runOn(loaded: LoadedVersion, journey: Journey): Promise<RunResult> {
    const { call, route } = journey;
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
    if (loaded.placement === "thread") return loaded.run(resolved.tensors, resolved.rows);
    const ended = new AbortController();
    const late = clock.sleep(leftMs, ended.signal).then(() => {
      if (ended.signal.aborted) return null;
      dropped.abort();
      return null;
    });
    const dropped = new AbortController();
    try {
      return await Promise.race([loaded.run(resolved.tensors, resolved.rows, { signal: dropped.signal }), late]);
    } finally {
      ended.abort();
    }
  }

  return run;
}
