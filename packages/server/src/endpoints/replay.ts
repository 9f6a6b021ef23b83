import { parseAddress, SlipwayError, type ReplayResult } from "@slipway/contract";
import type { Tolerance } from "@slipway/runtime";
import type { Clock } from "../kernel/clock.ts";
import type { Operation, Operations, RunContext } from "../platform/queue/index.ts";
import type { PredictionLog, ReplayRequest, ReplaySelection, ReplayThread } from "../predictions/index.ts";
import type { ModelVersion, Registry } from "../registry/index.ts";
import { toReplayResult } from "./replay-result.ts";
import { createQuietRun } from "./replay-run.ts";
import { createReplayVersions, type ReplayVersions, type ReplayVersionsDeps } from "./replay-versions.ts";

export interface ReplayDeps extends ReplayVersionsDeps {
  readonly operations: Operations;
  readonly predictions: PredictionLog;
  readonly clock: Clock;
}

export interface NewReplay {
  readonly selection: ReplaySelection;
  /** `NAME@VERSION` or `NAME@ALIAS`; null: each prediction runs on the version that answered it. */
  readonly on: string | null;
  readonly tolerance: Tolerance;
}

/**
 * Starts the operation that runs predictions on record again and compares. Of a single prediction that cannot be run,
 * the operation fails with `not_replayable`; of many they are counted by reason.
 * @throws SlipwayError `prediction_not_found`, `version_not_found`, `alias_not_found`, `model_not_found`, `not_replayable`
 */
export type Replay = (replay: NewReplay) => Promise<Operation>;

export function createReplay(deps: ReplayDeps): Replay {
  return async ({ selection, on, tolerance }) => {
    if ("id" in selection) await requirePrediction(deps.predictions, selection);
    const version = on === null ? null : await findVersion(deps.registry, on);
    // Replays take turns, whatever they are about: never two of them beside the traffic.
    return deps.operations.start("replay", "replays", async (context) => {
      const thread = deps.predictions.replay({ selection, tolerance });
      const versions = createReplayVersions(deps, { thread, on: version });
      try {
        const ran = await runAll(deps, { thread, versions, selection }, context);
        const result = toReplayResult(await thread.result(), { ran, on: version, tolerance });
        if ("id" in selection) requireReplayed(result);
        return result;
      } finally {
        await versions.close();
        await thread.close();
      }
    });
  };
}

interface Job {
  readonly thread: ReplayThread;
  readonly versions: ReplayVersions;
  readonly selection: ReplaySelection;
}

/** Runs every request of the selection. @returns the predictions run on each version */
async function runAll(
  deps: ReplayDeps,
  { thread, versions, selection }: Job,
  { signal, progress }: RunContext,
): Promise<Map<string, number>> {
  const run = createQuietRun(deps);
  const ran = new Map<string, number>();
  const expected = "id" in selection ? null : selection.limit;
  let done = 0;
  const tell = () => progress("replay", "running predictions again", expected === null ? null : done / expected);

  async function replayOne(request: ReplayRequest): Promise<void> {
    const taken = await versions.take(request);
    if ("reason" in taken) return thread.refuse(request.index, taken);
    const { loaded, target } = taken;
    const inputs = await thread.inputs(request.index, target);
    if (inputs === null) return;
    const answer = await run(loaded, inputs, signal);
    if ("reason" in answer) return thread.refuse(request.index, answer);
    await thread.outputs(request.index, answer.outputs);
    const name = `${loaded.version.model}@${loaded.version.version}`;
    ran.set(name, (ran.get(name) ?? 0) + request.count);
  }

  tell();
  for (let last = false; !last;) {
    signal.throwIfAborted();
    const page = await thread.page();
    ({ last } = page);
    done += page.settled;
    for (const request of page.requests) {
      signal.throwIfAborted();
      await replayOne(request);
      done += request.count;
      tell();
    }
  }
  return ran;
}

async function requirePrediction(
  predictions: PredictionLog,
  { id, row }: { readonly id: string; readonly row: number | null },
): Promise<void> {
  const name = row === null ? id : `${id}/${row}`;
  const found = await predictions.find(id, row).catch((error: unknown) => {
    if (!SlipwayError.is(error) || error.details["erased"] !== true) throw error;
    throw new SlipwayError("not_replayable", `${error.message} It cannot be run again.`, {
      prediction: name,
      reason: "erased",
    });
  });
  if (found) return;
  throw new SlipwayError("prediction_not_found", `There is no prediction ${JSON.stringify(name)} on record.`, { id });
}

/** Deleted ones too, where they are named by their number. */
async function findVersion(registry: Registry, text: string): Promise<ModelVersion> {
  const address = parseAddress(text);
  const { name, version } = address;
  const found = version === undefined ? null : await registry.findRecorded(name, version);
  return found && found.collectedAt === null ? found.version : registry.resolve(address);
}

/** @throws SlipwayError `not_replayable` where nothing of the one request could be run */
function requireReplayed(result: ReplayResult): void {
  const [refusal] = result.not_replayable_examples;
  if (!refusal || result.identical + result.within + result.different > 0) return;
  const { prediction, reason, message } = refusal;
  throw new SlipwayError("not_replayable", `${prediction} cannot be run again. ${message}`, { prediction, reason });
}
