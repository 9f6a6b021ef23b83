import { SlipwayError } from "@slipway/contract";
import type { Batcher, BatchResult, Placement, Replica, Signature, Tensor } from "@slipway/runtime";
import type { ModelVersion } from "../registry/index.ts";
import { createVersionStats, type VersionStats } from "./version-stats.ts";

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

/** Rows that may wait for one version; beyond it a request is refused at once rather than answered too late. */
const maxQueuedRows = 65_536;

export function createLoadedVersion(
  version: ModelVersion,
  placement: Placement,
  replicas: readonly { replica: Replica; batcher: Batcher }[],
): LoadedVersion {
  const stats = createVersionStats();
  let inFlight = 0;
  let closing: Promise<void> | null = null;
  let idle: (() => void) | null = null;

  function leastBusy(): Batcher {
    let best = replicas[0]!.batcher;
    for (const { batcher } of replicas) if (batcher.queuedRows < best.queuedRows) best = batcher;
    return best;
  }
  function leave() {
    inFlight--;
    if (inFlight === 0) idle?.();
  }
  async function close() {
    if (inFlight > 0) await new Promise<void>((resolve) => (idle = resolve));
    await Promise.all(
      replicas.map(async ({ replica, batcher }) => {
        await batcher.close();
        await replica.close();
      }),
    );
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
      return replicas.reduce((sum, { batcher }) => sum + batcher.queuedRows, 0);
    },
    run(inputs, rows, options = {}) {
      if (closing) return Promise.reject(new SlipwayError("not_ready", "This version is being unloaded; try again."));
      const batcher = leastBusy();
      if (batcher.queuedRows + rows > maxQueuedRows && batcher.queuedRows > 0)
        return Promise.reject(
          new SlipwayError(
            "overloaded",
            `${batcher.queuedRows} rows are waiting for this model already; try again later.`,
          ),
        );
      inFlight++;
      const result = batcher.submit(inputs, rows, options.signal);
      result.then(leave, leave);
      return result;
    },
    abandon() {
      for (const { batcher } of replicas) batcher.abandon();
    },
    close: () => (closing ??= close()),
  };
}
