import {
  type Done,
  type Durability,
  type LogCounters,
  type NewRecord,
  type Offset,
  createLogWriter,
  listInstances,
  recoverInstance,
} from "@slipway/runtime/log";
import { join } from "node:path";
import type { Clock } from "../kernel/clock.ts";
import type { Logger } from "../kernel/logger.ts";
import { type Feed, createFeed } from "./feed.ts";
import { type LookUp, createLookUp } from "./look-up.ts";
import type { ReplaySetup } from "./replay/messages.ts";
import { openReplay, type ReplayThread } from "./replay/replay-thread.ts";

export interface PredictionLogDeps {
  /** Of all instances; each has a folder in it. */
  readonly folder: string;
  /** UUIDv7 of this start. */
  readonly instance: string;
  /** A segment grows to about so much. 64 MiB. */
  readonly segmentBytes?: number;
  /** Nothing is written while less is free on the volume. 0. */
  readonly reserveBytes?: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface PredictionLog extends LookUp {
  /** Encodes at once; `done` comes after the write at the end of the event-loop turn, before which no answer may leave. */
  append(record: NewRecord, options: { readonly durability?: Durability | undefined }, done: Done): void;
  /** What consumers read that must not miss anything. */
  readonly feed: Feed;
  /** Begins to read what is to be run again, in a thread that whoever asked closes. */
  replay(setup: Omit<ReplaySetup, "folder">): ReplayThread;
  position(): Offset;
  /** Ends the segment that grows: those before `position().segment` are not written to any more when it resolves. */
  rotate(): Promise<void>;
  /** Of this instance. */
  stats(): LogCounters;
  /** Writes what is left and marks the instance closed. */
  close(): Promise<void>;
}

/** Makes the logs of instances that are no more whole again, and begins that of this one. */
export async function createPredictionLog(deps: PredictionLogDeps): Promise<PredictionLog> {
  const { folder, instance, clock, logger } = deps;
  await recoverOthers(deps);
  const writer = createLogWriter({
    folder,
    instance,
    now: () => clock.now(),
    onError: createErrorReport(logger, clock),
    ...(deps.segmentBytes === undefined ? {} : { segmentBytes: deps.segmentBytes }),
    ...(deps.reserveBytes === undefined ? {} : { reserveBytes: deps.reserveBytes }),
  });
  const lookUp = createLookUp(folder);
  return {
    append: writer.append,
    position: writer.position,
    rotate: writer.rotate,
    stats: writer.counters,
    feed: createFeed({ folder, logger }),
    replay: (setup) => openReplay({ ...setup, folder }),
    list: lookUp.list,
    find: lookUp.find,
    async close() {
      await writer.close();
      await lookUp.close();
    },
  };
}

/** This server holds the lock of the data folder, so every other instance is dead. One broken log stops no start. */
async function recoverOthers({ folder, instance, logger, clock }: PredictionLogDeps): Promise<void> {
  for (const other of await listInstances(folder)) {
    if (other === instance) continue;
    try {
      const startedAt = clock.monotonic();
      const { recovered, cutBytes, keptAs } = await recoverInstance(join(folder, other));
      const tookMs = Math.round(clock.monotonic() - startedAt);
      if (recovered)
        logger.info(
          { instance: other, cutBytes, tookMs },
          "recovered the prediction log of a server that did not stop",
        );
      if (keptAs !== null)
        logger.error({ file: keptAs }, "a log segment was damaged; what follows the damage was put aside");
    } catch (error) {
      logger.error({ instance: other, error }, "the prediction log of an earlier start could not be recovered");
    }
  }
}

/** A full disk fails every turn: one line a minute is enough. */
function createErrorReport(logger: Logger, clock: Clock): (error: unknown) => void {
  const everyMs = 60_000;
  let reportedAt = Number.NEGATIVE_INFINITY;
  let held = 0;
  return (error) => {
    held++;
    if (clock.monotonic() - reportedAt < everyMs) return;
    logger.error(
      { error, failures: held },
      "the prediction log could not be written; answers are marked as not logged",
    );
    reportedAt = clock.monotonic();
    held = 0;
  };
}
