import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { type Offset, frameHeaderBytes, maxPayloadBytes } from "./format.ts";
import { createFreeSpace } from "./free-space.ts";
import { type NewRecord, encodeRecord } from "./record.ts";
import { type SegmentSequence, createSegmentSequence } from "./segment-sequence.ts";
import { type Sink, createSink, reserve, resetSink } from "./sink.ts";

/** `process`: survives the end of the process, kill -9 too. `disk`: survives a power cut. */
export type Durability = "process" | "disk";

/** Called once for every record, never inside `append`: true, it is on record; false, it is not promised to be. */
export type Done = (logged: boolean) => void;

export interface LogWriterOptions {
  /** Of all instances; this one writes into `folder/instance/`, which is made with the first record. */
  readonly folder: string;
  /** UUIDv7. */
  readonly instance: string;
  /** A segment grows to about so much; one turn's records always stand in one segment. 64 MiB. */
  readonly segmentBytes?: number;
  /** For records that do not say. `process`. */
  readonly durability?: Durability;
  /** Wall clock, milliseconds. */
  readonly now: () => number;
  /** Nothing is written while less than this is free on the volume. 0. */
  readonly reserveBytes?: number;
  /** Free bytes of the volume, in place of asking the system. */
  readonly freeBytes?: () => number;
  readonly onError: (error: unknown) => void;
  /** A new segment has been begun. */
  readonly onSegment?: (segment: number) => void;
  /** Runs the flush at the end of the turn. setImmediate. */
  readonly schedule?: (flush: () => void) => void;
}

export interface LogCounters {
  /** Records written, and their bytes with frames. */
  readonly records: number;
  readonly bytes: number;
  /** Records answered with `done(false)`. */
  readonly failed: number;
  /** Calls that wrote a turn's records, and grouped syncs of them. */
  readonly writes: number;
  readonly syncs: number;
  readonly segments: number;
  /** Age of the oldest record whose `done` is still to come; 0 without one. */
  readonly lagMs: number;
  /** The volume is at its reserve, or the last write failed: records are refused for now. */
  readonly refusing: boolean;
}

export interface LogWriter {
  /** Encodes at once, so the record may be reused; writes at the end of the event-loop turn. Never throws. */
  append(record: NewRecord, options: { readonly durability?: Durability | undefined }, done: Done): void;
  /** Behind the last record on file. Before the first: segment 1, byte 64. */
  position(): Offset;
  counters(): LogCounters;
  /**
   * Ends the segment that grows: what is appended from now on goes to a new one. When it resolves, no segment before
   * `position().segment` is written to any more.
   */
  rotate(): Promise<void>;
  /** Writes what is left, syncs, and marks the instance closed. Later records get `done(false)`. */
  close(): Promise<void>;
}

const keepBytes = 4 * 1024 * 1024;

export function createLogWriter(options: LogWriterOptions): LogWriter {
  const { folder, instance, now, onError, durability: usual = "process", reserveBytes = 0, freeBytes } = options;
  const { segmentBytes = 64 * 1024 * 1024, onSegment } = options;
  const schedule = options.schedule ?? ((task) => void setImmediate(task));
  mkdirSync(folder, { recursive: true });
  const space = createFreeSpace({ folder, reserveBytes, freeBytes, now, onError });
  const segments = createSegmentSequence({
    folder: join(folder, instance),
    instance,
    segmentBytes,
    now,
    onError,
    onSegment,
  });
  const sink = createSink(256 * 1024);
  const syncing = createSyncing(segments);
  const answers = createAnswers(onError);
  let turn = createTurn();
  let scheduled = false;
  let closed = false;

  const refusing = (): boolean => closed || space.full || segments.failing;

  function append(record: NewRecord, { durability }: { durability?: Durability | undefined }, done: Done): void {
    if (!scheduled) {
      scheduled = true;
      turn.since = now();
      schedule(flush);
    }
    if (refusing() || !encode(record)) {
      turn.refused.push(done);
      return;
    }
    turn.ends.push(sink.length);
    turn.dones.push(done);
    turn.disks.push((durability ?? usual) === "disk");
  }

  function encode(record: NewRecord): boolean {
    try {
      encodeFrame(record, sink);
      return true;
    } catch (error) {
      onError(error);
      return false;
    }
  }

  function flush(): void {
    const { ends, dones, disks, refused, since } = turn;
    turn = createTurn();
    scheduled = false;
    const frames = ends.length === 0 ? 0 : segments.write(sink.bytes, ends);
    space.wrote(frames === 0 ? 0 : (ends[frames - 1] as number));
    resetSink(sink, keepBytes);
    const late = dones.filter((_, index) => index < frames && disks[index]);
    if (late.length > 0) syncing.add(since, (synced) => late.forEach((done) => answers.give(done, synced)));
    for (let i = 0; i < dones.length; i++) {
      if (i >= frames) answers.give(dones[i] as Done, false);
      else if (!disks[i]) answers.give(dones[i] as Done, true);
    }
    for (const done of refused) answers.give(done, false);
  }

  function counters(): LogCounters {
    const oldest = Math.min(scheduled ? turn.since : Number.POSITIVE_INFINITY, syncing.oldest());
    const lagMs = Math.max(0, now() - oldest);
    return { ...segments.counts(), failed: answers.failed(), syncs: syncing.count(), lagMs, refusing: refusing() };
  }

  return {
    append,
    position: segments.position,
    counters,
    rotate() {
      flush();
      return segments.rotate();
    },
    async close() {
      if (closed) return;
      flush();
      closed = true;
      await segments.close();
    },
  };
}

/** What one turn of the event loop has appended: frames that end at `ends` in the sink, and who waits for them. */
interface Turn {
  readonly ends: number[];
  readonly dones: Done[];
  readonly disks: boolean[];
  readonly refused: Done[];
  since: number;
}

function createTurn(): Turn {
  return { ends: [], dones: [], disks: [], refused: [], since: 0 };
}

/** Groups of records that wait for the disk. */
function createSyncing(segments: SegmentSequence) {
  const groups = new Set<{ readonly since: number }>();
  let count = 0;
  return {
    add(since: number, done: (synced: boolean) => void): void {
      const group = { since };
      groups.add(group);
      segments.sync((error) => {
        count++;
        groups.delete(group);
        done(error === null);
      });
    },
    oldest: () => Math.min(...Array.from(groups, ({ since }) => since)),
    count: () => count,
  };
}

/** Gives answers and counts the bad ones; one that throws disturbs no other. */
function createAnswers(onError: (error: unknown) => void) {
  let failed = 0;
  return {
    give(done: Done, logged: boolean): void {
      if (!logged) failed++;
      try {
        done(logged);
      } catch (error) {
        onError(error);
      }
    },
    failed: () => failed,
  };
}

/** @throws where the record cannot be encoded; the sink is then as before. */
function encodeFrame(record: NewRecord, sink: Sink): void {
  const start = sink.length;
  try {
    reserve(sink, frameHeaderBytes);
    sink.length += frameHeaderBytes;
    encodeRecord(record, sink);
    const payload = start + frameHeaderBytes;
    const length = sink.length - payload;
    if (length > maxPayloadBytes) throw new RangeError(`A record of ${length} bytes is too large for the log.`);
    sink.view.setUint32(start, length, true);
    sink.view.setUint32(start + 4, crc32(sink.bytes.subarray(payload, sink.length)), true);
  } catch (error) {
    sink.length = start;
    throw error;
  }
}
