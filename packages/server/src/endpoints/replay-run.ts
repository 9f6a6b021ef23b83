import { SlipwayError } from "@slipway/contract";
import type { Tensor } from "@slipway/runtime";
import type { Clock } from "../kernel/clock.ts";
import type { Refusal } from "../predictions/index.ts";
import type { LoadedVersion, RunResult, Serving } from "../serving/index.ts";

export interface QuietRunDeps {
  readonly serving: Serving;
  readonly clock: Clock;
}

interface Inputs {
  readonly tensors: readonly Tensor[];
  readonly rows: number;
}

/** Longest wait for traffic to leave a gap, and for a version whose thread is being restarted. */
const gapMs = 1_000;
const patienceMs = 30_000;

/**
 * Runs one request after the other beside the traffic, which goes first: a run waits for a moment in which nobody waits for
 * the version, and rests as long as the last run took while anybody is being answered.
 */
export function createQuietRun({ serving, clock }: QuietRunDeps) {
  let lastMs = 0;

  async function waitForGap(loaded: LoadedVersion, signal: AbortSignal): Promise<void> {
    if (serving.loaded().some(({ inFlight }) => inFlight > 0)) await clock.sleep(Math.max(1, lastMs), signal);
    const until = clock.monotonic() + gapMs;
    while (loaded.queuedRows > 0 && clock.monotonic() < until && !signal.aborted) await clock.sleep(2, signal);
  }

  return async (
    loaded: LoadedVersion,
    { tensors, rows }: Inputs,
    signal: AbortSignal,
  ): Promise<RunResult | Refusal> => {
    const until = clock.monotonic() + patienceMs;
    for (;;) {
      await waitForGap(loaded, signal);
      signal.throwIfAborted();
      const startedAt = clock.monotonic();
      try {
        return await loaded.run(tensors, rows, { signal });
      } catch (error) {
        signal.throwIfAborted();
        if (!SlipwayError.is(error)) throw error;
        const passes = error.kind === "unavailable" && clock.monotonic() < until;
        if (!passes) return { reason: "run_failed", message: error.message };
        await clock.sleep(100, signal);
      } finally {
        lastMs = clock.monotonic() - startedAt;
      }
    }
  };
}
