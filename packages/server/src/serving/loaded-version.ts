import { SlipwayError } from "@slipway/contract";
import type { Batcher, BatchResult, Placement, Replica, Signature, Tensor } from "@slipway/runtime";
import type { Clock } from "../kernel/clock.ts";
import type { ModelVersion } from "../registry/index.ts";
import { countAnswer, countFailure, type VersionStats } from "./version-stats.ts";

export type RunResult = BatchResult;

export interface RunOptions {
  /** Monotonic milliseconds after which nobody wants the answer: refused early where it cannot be met, dropped where it passed. */
  readonly deadlineAt?: number;
  /** Aborted: whoever asked has gone, the place in the queue is free. */
  readonly signal?: AbortSignal;
}

/** One version in memory, with its replicas. Immutable but for its counters. */
export interface LoadedVersion {
  readonly version: ModelVersion;
  readonly signature: Signature;
  /** Where it runs, which the endpoint may have chosen. */
  readonly placement: Placement;
  readonly stats: VersionStats;
  /** Requests that were accepted and have not been answered yet. */
  readonly inFlight: number;
  readonly queuedRows: number;
  /** Most rows of a run, as far as the times of runs are known. */
  readonly rowLimit: number;
  /** Copies that are alive, of so many; why one is not, as sentences. */
  readonly replicas: { readonly ready: number; readonly total: number; readonly trouble: string | null };
  /**
   * Runs the model on validated inputs, the model's own tensors in the order of the signature.
   * @throws SlipwayError `model_failed`, `overloaded`, `not_ready`, `cancelled`, `deadline_exceeded`
   */
  run(inputs: readonly Tensor[], rows: number, options?: RunOptions): Promise<RunResult>;
  /** What waits for its run is refused, now and from now on; what runs is left to end. */
  abandon(): void;
  /** Resolves when nothing is in flight, then frees the replicas. New runs are refused from now on. */
  close(): Promise<void>;
}

export interface LoadedParts {
  readonly version: ModelVersion;
  readonly placement: Placement;
  readonly replicas: readonly Replica[];
  readonly batcher: Batcher;
  readonly stats: VersionStats;
  readonly clock: Clock;
}

export function createLoadedVersion(parts: LoadedParts): LoadedVersion {
  const { version, placement, replicas, batcher, stats, clock } = parts;
  let inFlight = 0;
  let closing: Promise<void> | null = null;
  let idle: (() => void) | null = null;

  function leave() {
    inFlight--;
    if (inFlight === 0) idle?.();
  }
  async function close() {
    if (inFlight > 0) await new Promise<void>((resolve) => (idle = resolve));
    await batcher.close();
    await Promise.all(replicas.map((replica) => replica.close()));
  }
  return {
    version,
    signature: version.signature,
    placement,
    stats,
    get inFlight() {
      return inFlight;
    },
    get queuedRows() {
      return batcher.queuedRows;
    },
    get rowLimit() {
      return batcher.rowLimit;
    },
    get replicas() {
      const dead = replicas.filter(({ ready }) => ready === false);
      const { length: total } = replicas;
      return { ready: total - dead.length, total, trouble: dead[0]?.trouble ?? null };
    },
    run(inputs, rows, options) {
      if (closing) return Promise.reject(new SlipwayError("not_ready", "This version is being unloaded; try again."));
      inFlight++;
      const startedAt = clock.monotonic();
      stats.lastInferenceAt = clock.now();
      const result = batcher.submit(inputs, rows, options);
      result.then(
        (answer) => {
          const totalMs = clock.monotonic() - startedAt;
          const { signal } = options ?? {};
          // Nobody waited for it any more.
          if (signal?.aborted) countFailure(stats, signal.reason, totalMs);
          else countAnswer(stats, answer, { rows, totalMs });
          leave();
        },
        (error: unknown) => {
          countFailure(stats, error, clock.monotonic() - startedAt);
          leave();
        },
      );
      return result;
    },
    abandon: () => batcher.abandon(),
    close: () => (closing ??= close()),
  };
}
