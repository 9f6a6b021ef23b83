import { type FileHandle, open, readdir } from "node:fs/promises";
import { type Offset, type SegmentHeader, decodeSegmentHeader, segmentHeaderBytes, segmentNumber } from "./format.ts";
import { neededBytes, walkFrames } from "./frames.ts";

export interface Frame {
  /** Behind this frame: what a reader stores when it is done with it. */
  readonly offset: Offset;
  /** Byte at which the frame begins. */
  readonly start: number;
  /** Verified. A view of a chunk: copy what is to live long. */
  readonly payload: Buffer;
}

/**
 * `end`: the file ends behind a whole frame. `torn`: its last frame is cut short, by a crash or because it is being
 * written just now. `damaged`: a frame's checksum or length is wrong. In a segment that is still written the last two
 * only mean: try again later from `byte`.
 */
export interface SegmentTail {
  readonly byte: number;
  readonly state: "end" | "torn" | "damaged";
}

export interface ReadSegmentOptions {
  /** Frames that end after this byte are left for later. */
  readonly until?: number;
  readonly onTail?: (tail: SegmentTail) => void;
}

const chunkBytes = 1024 * 1024;

/** The frames of a segment from a byte on, which is a frame's start or at most 64. Returns (and tells) how it ended. */
export async function* readSegment(
  path: string,
  fromByte: number,
  options: ReadSegmentOptions = {},
): AsyncGenerator<Frame, SegmentTail> {
  const handle = await open(path, "r");
  try {
    let byte = fromByte;
    for (;;) {
      const chunk = await readFrames(handle, { from: byte, until: options.until });
      yield* chunk.frames;
      byte = chunk.byte;
      if (chunk.state === "more") continue;
      const tail = { byte, state: chunk.state };
      options.onTail?.(tail);
      return tail;
    }
  } finally {
    await handle.close();
  }
}

export interface FrameChunk {
  readonly frames: readonly Frame[];
  /** Where to go on. */
  readonly byte: number;
  readonly state: SegmentTail["state"] | "more";
}

export interface ReadFramesOptions {
  readonly from: number;
  readonly until?: number | undefined;
  /** At most so many frames. */
  readonly limit?: number;
}

/** The frames of the next 1 MiB, or the next one where that is larger. */
export async function readFrames(handle: FileHandle, options: ReadFramesOptions): Promise<FrameChunk> {
  const header = await readHeader(handle);
  const { size } = await handle.stat();
  if (header === null)
    return { frames: [], byte: segmentHeaderBytes, state: size < segmentHeaderBytes ? "torn" : "damaged" };
  const { until = Number.POSITIVE_INFINITY, limit = Number.POSITIVE_INFINITY } = options;
  const from = Math.max(options.from, segmentHeaderBytes);
  const last = Math.min(until, size);
  const shortState = until < size ? "end" : "torn";
  let wanted = Math.min(chunkBytes, last - from);
  for (;;) {
    if (wanted <= 0) return { frames: [], byte: from, state: "end" };
    const bytes = Buffer.allocUnsafeSlow(wanted);
    const got = await readFully(handle, bytes, from);
    const frames: Frame[] = [];
    const end = walkFrames(bytes, { from: 0, to: got }, (start, to) => {
      const offset = { instance: header.instance, segment: header.segment, byte: from + to };
      frames.push({ offset, start: from + start - 8, payload: bytes.subarray(start, to) });
      return frames.length < limit;
    });
    const byte = from + end.at;
    if (end.state === "damaged") return { frames, byte, state: "damaged" };
    if (end.state === "done" && byte >= last) return { frames, byte, state: "end" };
    if (end.state !== "short") return { frames, byte, state: "more" };
    const needed = neededBytes(bytes, end.at, got);
    if (byte + needed > last || got < wanted) return { frames, byte, state: shortState };
    if (frames.length > 0) return { frames, byte, state: "more" };
    wanted = needed;
  }
}

/** Null where the file is no whole segment. */
export async function readHeader(handle: FileHandle): Promise<SegmentHeader | null> {
  const bytes = Buffer.alloc(segmentHeaderBytes);
  const got = await readFully(handle, bytes, 0);
  return decodeSegmentHeader(bytes.subarray(0, got));
}

/** Fewer bytes than asked for only at the end of the file. */
export async function readFully(handle: FileHandle, bytes: Buffer, position: number): Promise<number> {
  let got = 0;
  while (got < bytes.length) {
    const { bytesRead } = await handle.read(bytes, got, bytes.length - got, position + got);
    if (bytesRead === 0) break;
    got += bytesRead;
  }
  return got;
}

/** Numbers of an instance's segments, ascending. Empty where there is no such folder. */
export async function listSegments(folder: string): Promise<number[]> {
  const files = await readdir(folder).catch(ignoreMissing);
  return files
    .map(segmentNumber)
    .filter((segment) => segment !== null)
    .sort((a, b) => a - b);
}

const instancePattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The instances that have written into a log, in the order of their start. */
export async function listInstances(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(ignoreMissing);
  return names.filter((name) => instancePattern.test(name)).sort();
}

function ignoreMissing(error: NodeJS.ErrnoException): string[] {
  if (error.code === "ENOENT") return [];
  throw error;
}
