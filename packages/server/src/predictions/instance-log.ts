import {
  type Done,
  type Durability,
  type LogCounters,
  type NewRecord,
  type Offset,
  createLogWriter,
} from "@slipway/runtime/log";
import type { Clock } from "../kernel/clock.ts";
import type { Logger } from "../kernel/logger.ts";

export interface InstanceLogDeps {
  /** Of all instances; each has a folder in it. */
  readonly folder: string;
  /** UUIDv7 of this start of this process. */
  readonly instance: string;
  /** A segment grows to about so much. 64 MiB. */
  readonly segmentBytes?: number;
  /** Nothing is written while less is free on the volume. 0. */
  readonly reserveBytes?: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The log that one process writes. */
export interface InstanceLog {
  /** Encodes at once; `done` comes after the write at the end of the event-loop turn, before which no answer may leave. */
  append(record: NewRecord, options: { readonly durability?: Durability | undefined }, done: Done): void;
  position(): Offset;
  /** Ends the segment that grows: those before `position().segment` are not written to any more when it resolves. */
  rotate(): Promise<void>;
  /**
   * Calls back before the segment that grows is ended because somebody asked: whoever would still write about requests that are on record lets
   * go of them, so that an erase that follows misses nothing. Answers with what takes that back.
   */
  onRotate(listener: () => void): () => void;
  /** Of this instance. */
  stats(): LogCounters;
  /** Writes what is left and marks the instance closed. */
  close(): Promise<void>;
}

export function createInstanceLog(deps: InstanceLogDeps): InstanceLog {
  const { folder, instance, clock, logger } = deps;
  const writer = createLogWriter({
    folder,
    instance,
    now: () => clock.now(),
    onError: createErrorReport(logger, clock),
    ...(deps.segmentBytes === undefined ? {} : { segmentBytes: deps.segmentBytes }),
    ...(deps.reserveBytes === undefined ? {} : { reserveBytes: deps.reserveBytes }),
  });
  const listeners = new Set<() => void>();
  return {
    append: writer.append,
    position: writer.position,
    rotate() {
      for (const listener of listeners) listener();
      return writer.rotate();
    },
    onRotate(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    stats: writer.counters,
    close: writer.close,
  };
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
