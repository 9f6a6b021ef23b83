import { createBatcher, createRunTimes, seedTimes, type Replica } from "@slipway/runtime";
import type { Clock } from "../kernel/clock.ts";
import type { ModelVersion } from "../registry/index.ts";
import type { Lanes } from "./lanes.ts";
import { toPlacement, type LoadSettings } from "./load-settings.ts";
import { createLoadedVersion, type LoadedVersion } from "./loaded-version.ts";
import { countRun, createVersionStats } from "./version-stats.ts";

export interface BatchedVersion {
  readonly version: ModelVersion;
  readonly settings: LoadSettings;
  /** Open and warm. */
  readonly replicas: readonly Replica[];
  readonly lanes: Lanes;
  /** Most rows of a run on this server. */
  readonly batchRows: number;
  readonly clock: Clock;
}

/** Puts one batcher before all copies of a version, in the lane of their placement, once it has seen how long runs take. */
export async function createBatchedVersion(given: BatchedVersion): Promise<LoadedVersion> {
  const { version, settings, replicas, lanes, batchRows, clock } = given;
  const { signature } = version;
  const { batching, threads: weight = 1, runLimitMs } = settings;
  const placement = toPlacement(version, settings);
  const beside = settings.background === true ? lanes.background : lanes.cores;
  const lane = placement === "thread" ? lanes.loop : beside;
  const times = createRunTimes();
  const stats = createVersionStats();
  const monotonic = () => clock.monotonic();
  const maxRows = Math.min(batching?.maxRows ?? batchRows, batchRows);
  await seedTimes(replicas[0]!, signature, { times, maxRows, monotonic, inLoop: lane.inLoop });
  const batcher = createBatcher({
    replicas,
    signature,
    maxRows,
    ...(batching?.maxDelayMs !== undefined && { maxDelayMs: batching.maxDelayMs }),
    ...(batching?.maxQueue !== undefined && { maxQueue: batching.maxQueue }),
    alone: batching === null,
    lane,
    weight,
    times,
    ...(runLimitMs !== undefined && { runLimitMs }),
    onRun: (report) => countRun(stats, report),
    monotonic,
  });
  return createLoadedVersion({ version, placement, replicas, batcher, stats, clock });
}
