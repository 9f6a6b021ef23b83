import { mkdirSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { type Offset, closedFile, segmentHeaderBytes } from "./format.ts";
import { type SegmentFile, createSegmentFile, syncFolder } from "./segment-file.ts";

/** The segments of one instance, one behind the other. */
export interface SegmentSequence {
  /** How many of the frames that end at `ends` are on file now: all, unless a write failed. Never throws. */
  write(bytes: Buffer, ends: readonly number[]): number;
  /** The last write failed less than a second ago: not to be tried again yet. */
  readonly failing: boolean;
  /** What was written last is on the disk when `done(null)` comes. To be called in the turn of the write. */
  sync(done: (error: unknown) => void): void;
  position(): Offset;
  /** What is written from now on goes to a new segment; resolves when the ones before are closed and on the disk. */
  rotate(): Promise<void>;
  counts(): { readonly records: number; readonly bytes: number; readonly writes: number; readonly segments: number };
  /** Syncs everything and marks the instance closed, where it has written anything. */
  close(): Promise<void>;
}

export interface SegmentSequenceOptions {
  /** Of this instance; made with the first segment. */
  readonly folder: string;
  readonly instance: string;
  readonly segmentBytes: number;
  readonly now: () => number;
  readonly onError: (error: unknown) => void;
  readonly onSegment?: ((segment: number) => void) | undefined;
}

const retryMs = 1000;

export function createSegmentSequence(options: SegmentSequenceOptions): SegmentSequence {
  const { folder, instance, segmentBytes, now, onError } = options;
  const closing = new Set<Promise<void>>();
  const counts = { records: 0, bytes: 0, writes: 0, segments: 0 };
  let file: SegmentFile | null = null;
  let retryAt: number | null = null;

  function write(bytes: Buffer, ends: readonly number[]): number {
    try {
      if (file !== null && !mayTake(file, ends.at(-1) ?? 0)) retire();
      file ??= begin();
    } catch (error) {
      fail(error);
      return 0;
    }
    const { frames, error } = file.write(bytes, ends);
    counts.writes++;
    counts.records += frames;
    counts.bytes += frames === 0 ? 0 : (ends[frames - 1] as number);
    if (error === null) retryAt = null;
    else fail(error);
    return frames;
  }

  function mayTake({ sound, position }: SegmentFile, length: number): boolean {
    return sound && (position === segmentHeaderBytes || position + length <= segmentBytes);
  }

  function begin(): SegmentFile {
    mkdirSync(folder, { recursive: true });
    const segment = counts.segments + 1;
    const created = createSegmentFile(folder, { instance, segment, createdAt: now() }, onError);
    counts.segments = segment;
    options.onSegment?.(segment);
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

  return {
    write,
    get failing() {
      return retryAt !== null && now() < retryAt;
    },
    sync: (done) => file?.sync(done),
    position: () =>
      file === null
        ? { instance, segment: counts.segments + 1, byte: segmentHeaderBytes }
        : { instance, segment: file.segment, byte: file.position },
    counts: () => counts,
    async rotate() {
      retire();
      await Promise.all(closing);
    },
    async close() {
      retire();
      await Promise.all(closing);
      if (counts.segments > 0) await markClosed(folder).catch(onError);
    },
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
