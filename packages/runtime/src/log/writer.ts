import { mkdirSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { type Offset, closedFile, frameHeaderBytes, maxPayloadBytes, segmentHeaderBytes } from "./format.ts";
import { createFreeSpace } from "./free-space.ts";
import { type NewRecord, encodeRecord } from "./record.ts";
import { type SegmentFile, createSegmentFile, syncFolder } from "./segment-file.ts";
import { createSink, reserve, resetSink } from "./sink.ts";

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
  /** Writes what is left, syncs, and marks the instance closed. Later records get `done(false)`. */
  close(): Promise<void>;
}

const retryMs = 1000;
const keepBytes = 4 * 1024 * 1024;

export function createLogWriter(options: LogWriterOptions): LogWriter {
  const { instance, now, onError, segmentBytes = 64 * 1024 * 1024, durability: usual = "process" } = options;
  const schedule = options.schedule ?? ((flush) => void setImmediate(flush));
  const folder = join(options.folder, instance);
  mkdirSync(options.folder, { recursive: true });
  const { reserveBytes = 0, freeBytes } = options;
  const space = createFreeSpace({ folder: options.folder, reserveBytes, freeBytes, now, onError });
  const sink = createSink(256 * 1024);
  const counts = { records: 0, bytes: 0, failed: 0, writes: 0, syncs: 0, segments: 0 };
  /** When each group of records that is not yet on the disk was appended. */
  const syncing = new Set<{ readonly since: number }>();
  const closing = new Set<Promise<void>>();

  let ends: number[] = [];
  let dones: Done[] = [];
  let disks: boolean[] = [];
  let refused: Done[] = [];
  let since = 0;
  let scheduled = false;
  let file: SegmentFile | null = null;
  let begun = 0;
  let retryAt: number | null = null;
  let closed = false;

  const refusing = (): boolean => closed || space.full || (retryAt !== null && now() < retryAt);

  function append(
    record: NewRecord,
    { durability = usual }: { durability?: Durability | undefined },
    done: Done,
  ): void {
    if (!scheduled) {
      scheduled = true;
      since = now();
      schedule(flush);
    }
    if (refusing() || !encodeFrame(record)) refused.push(done);
    else {
      ends.push(sink.length);
      dones.push(done);
      disks.push(durability === "disk");
    }
  }

  function encodeFrame(record: NewRecord): boolean {
    const start = sink.length;
    try {
      reserve(sink, frameHeaderBytes);
      sink.length += frameHeaderBytes;
      encodeRecord(record, sink);
      const length = sink.length - start - frameHeaderBytes;
      if (length > maxPayloadBytes) throw new RangeError(`A record of ${length} bytes is too large for the log.`);
      sink.view.setUint32(start, length, true);
      sink.view.setUint32(start + 4, crc32(sink.bytes.subarray(start + frameHeaderBytes, sink.length)), true);
      return true;
    } catch (error) {
      sink.length = start;
      onError(error);
      return false;
    }
  }

  function flush(): void {
    scheduled = false;
    const turn = { ends, dones, disks, refused, since };
    [ends, dones, disks, refused] = [[], [], [], []];
    const frames = turn.ends.length === 0 ? 0 : writeTurn(turn.ends);
    space.wrote(frames === 0 ? 0 : (turn.ends[frames - 1] as number));
    resetSink(sink, keepBytes);
    const late = turn.dones.filter((_, index) => index < frames && turn.disks[index]);
    if (late.length > 0) syncTurn(late, turn.since);
    turn.dones.forEach((done, index) => {
      if (index >= frames) answer(done, false);
      else if (!turn.disks[index]) answer(done, true);
    });
    for (const done of turn.refused) answer(done, false);
  }

  /** How many of the turn's frames are on file. */
  function writeTurn(turnEnds: readonly number[]): number {
    const length = turnEnds.at(-1) as number;
    try {
      if (
        file !== null &&
        (!file.sound || (file.position > segmentHeaderBytes && file.position + length > segmentBytes))
      )
        retire();
      file ??= begin();
    } catch (error) {
      fail(error);
      return 0;
    }
    const { frames, error } = file.write(sink.bytes, turnEnds);
    counts.writes++;
    counts.records += frames;
    counts.bytes += frames === 0 ? 0 : (turnEnds[frames - 1] as number);
    if (error === null) retryAt = null;
    else fail(error);
    return frames;
  }

  function begin(): SegmentFile {
    mkdirSync(folder, { recursive: true });
    const created = createSegmentFile(folder, { instance, segment: begun + 1, createdAt: now() }, onError);
    begun++;
    counts.segments++;
    options.onSegment?.(begun);
    return created;
  }

  function retire(): void {
    if (file === null) return;
    const done: Promise<void> = file.close().finally(() => closing.delete(done));
    closing.add(done);
    file = null;
  }

  function fail(error: unknown): void {
    retryAt = now() + retryMs;
    onError(error);
  }

  function syncTurn(late: readonly Done[], turnSince: number): void {
    const group = { since: turnSince };
    syncing.add(group);
    (file as SegmentFile).sync((error) => {
      counts.syncs++;
      syncing.delete(group);
      for (const done of late) answer(done, error === null);
    });
  }

  function answer(done: Done, logged: boolean): void {
    if (!logged) counts.failed++;
    try {
      done(logged);
    } catch (error) {
      onError(error);
    }
  }

  async function close(): Promise<void> {
    if (closed) return;
    flush();
    closed = true;
    retire();
    await Promise.all(closing);
    if (counts.segments > 0) await markClosed(folder).catch(onError);
  }

  return {
    append,
    position: () =>
      file === null
        ? { instance, segment: begun + 1, byte: segmentHeaderBytes }
        : { instance, segment: file.segment, byte: file.position },
    counters() {
      let oldest = scheduled ? since : Number.POSITIVE_INFINITY;
      for (const group of syncing) oldest = Math.min(oldest, group.since);
      return { ...counts, lagMs: Math.max(0, now() - Math.min(oldest, now())), refusing: refusing() };
    },
    close,
  };
}

/** Says that this instance never grows again. */
export async function markClosed(folder: string): Promise<void> {
  const handle = await open(join(folder, closedFile), "w");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
  await syncFolder(folder);
}
