import { closeSync, fdatasync, ftruncateSync, openSync, unlinkSync, writeSync } from "node:fs";
import { open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type SegmentHeader, encodeSegmentHeader, segmentFile, segmentHeaderBytes } from "./format.ts";

/** One file of the log while it is written. */
export interface SegmentFile {
  readonly segment: number;
  /** The byte after the last whole frame. */
  readonly position: number;
  /**
   * Writes frames that end at `ends` (offsets in `bytes`, ascending; the last is the length), with one call of the
   * system where it takes all. Returns how many whole frames are in the file afterwards; a part of a frame is cut away
   * again. Whole frames always stay: a reader may have seen them.
   */
  write(bytes: Buffer, ends: readonly number[]): { readonly frames: number; readonly error: unknown };
  /** False where a part of a frame could not be cut away, or a sync failed: nothing may follow in this file. */
  readonly sound: boolean;
  /** Everything written so far is on the disk when `done(null)` comes; calls that overlap share one fdatasync. */
  sync(done: (error: unknown) => void): void;
  /** Syncs and closes. Never rejects; an error goes to `onError`. */
  close(): Promise<void>;
}

/** Makes the file with its header. @throws the system's error; then there is no file */
export function createSegmentFile(
  folder: string,
  header: SegmentHeader,
  onError: (error: unknown) => void,
): SegmentFile {
  const fd = create(join(folder, segmentFile(header.segment)), header);
  let position = segmentHeaderBytes;
  let sound = true;
  const syncs = createGroupedSync(fd, folder, (error) => {
    sound = false;
    onError(error);
  });

  function write(bytes: Buffer, ends: readonly number[]) {
    const length = ends.at(-1) ?? 0;
    let written = 0;
    try {
      while (written < length) written += writeSync(fd, bytes, written, length - written, position + written);
      position += length;
      return { frames: ends.length, error: null };
    } catch (error) {
      let frames = 0;
      while ((ends[frames] as number) <= written) frames++;
      const whole = frames === 0 ? 0 : (ends[frames - 1] as number);
      position += whole;
      if (written > whole) cut();
      return { frames, error };
    }
  }

  function cut(): void {
    try {
      ftruncateSync(fd, position);
    } catch (error) {
      sound = false;
      onError(error);
    }
  }

  return {
    segment: header.segment,
    get position() {
      return position;
    },
    get sound() {
      return sound;
    },
    write,
    sync: syncs.sync,
    close: () =>
      new Promise((resolve) =>
        syncs.sync(() => {
          try {
            closeSync(fd);
          } catch (error) {
            onError(error);
          }
          resolve();
        }),
      ),
  };
}

function create(path: string, header: SegmentHeader): number {
  const fd = openSync(path, "wx");
  try {
    const bytes = encodeSegmentHeader(header);
    let written = 0;
    while (written < bytes.length) written += writeSync(fd, bytes, written, bytes.length - written, written);
    return fd;
  } catch (error) {
    closeSync(fd);
    unlinkSync(path);
    throw error;
  }
}

function createGroupedSync(fd: number, folder: string, onError: (error: unknown) => void) {
  let waiting: ((error: unknown) => void)[] = [];
  let running = false;
  let entered = false;

  async function enter(): Promise<void> {
    if (entered) return;
    await syncFolder(folder);
    await syncFolder(dirname(folder));
    entered = true;
  }

  function start(): void {
    running = true;
    const group = waiting;
    waiting = [];
    const finish = (error: unknown): void => {
      running = false;
      if (error !== null) onError(error);
      if (waiting.length > 0) start();
      for (const done of group) done(error);
    };
    enter().then(() => fdatasync(fd, (error) => finish(error)), finish);
  }

  return {
    sync(done: (error: unknown) => void): void {
      waiting.push(done);
      if (!running) start();
    },
  };
}

/** The entry of a new file survives a power cut after this. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
