import {
  type Offset,
  closedFile,
  decodeSegmentHeader,
  frameHeaderBytes,
  maxPayloadBytes,
  minPayloadBytes,
  segmentFile,
  segmentHeaderBytes,
  segmentNumber,
} from "../format.ts";
import { closeSync, existsSync, fstatSync, openSync, readdirSync, readSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";

/** Bytes of a log in which a payload stands. One object is filled again and again. */
export interface LogBytes {
  bytes: Buffer;
  /** Of `bytes`. */
  view: DataView;
}

/** `false`: this payload was not taken, and nothing after it is to come now; it comes first the next time. */
export type Take = (from: number, to: number) => boolean;

export interface LogSource {
  readonly at: LogBytes;
  /** Hands out the whole payloads of the next bytes. `blocked` where `take` refused one; `end` where that was all for now. */
  step(take: Take): "more" | "blocked" | "end";
  /** Behind what was taken, of every instance that was read. */
  offsets(): Offset[];
  /** Bytes that were read. */
  bytesRead(): number;
  /** Frames and stretches that could not be read and were passed over. */
  damaged(): number;
  close(): void;
}

const blockBytes = 4 * 2 ** 20;

interface Place {
  readonly instance: string;
  /** It never grows again. Looked at before the segments were listed. */
  readonly closed: boolean;
  readonly segments: number[];
  segment: number;
  byte: number;
}

interface OpenSegment {
  readonly fd: number;
  readonly size: number;
}

/**
 * Reads the log of all instances behind the offsets, synchronously: for a process that does nothing else. A frame that is
 * damaged is passed over where the next one can be found, else the rest of its segment; what is still being written is
 * left for later.
 */
export function createLogSource(folder: string, after: readonly Offset[]): LogSource {
  const places = listPlaces(folder, after);
  const block = createBlock();
  const { at, fill } = block;
  let current = 0;
  let file: OpenSegment | null = null;
  let damaged = 0;

  /** Opens the next segment with bytes behind its offset; false where the instance has no more for now. */
  function open(place: Place): boolean {
    if (file !== null) return true;
    const number = place.segments.find((segment) => segment >= place.segment);
    if (number === undefined) return false;
    if (number !== place.segment) place.byte = segmentHeaderBytes;
    place.segment = number;
    const fd = openSync(join(folder, place.instance, segmentFile(number)), "r");
    file = { fd, size: fstatSync(fd).size };
    fill(fd, 0, segmentHeaderBytes);
    if (decodeSegmentHeader(at.bytes.subarray(0, Math.min(file.size, segmentHeaderBytes))) !== null) return true;
    return endSegment(place, "damaged") && open(place);
  }

  /** Leaves the segment; false where it may still grow, so that the offset stays. */
  function endSegment(place: Place, state: "end" | "damaged"): boolean {
    const { fd, size } = file as OpenSegment;
    closeSync(fd);
    file = null;
    const next = place.segments.find((segment) => segment > place.segment);
    if (next === undefined && !place.closed) return false;
    if (state === "damaged") {
      damaged++;
      place.byte = size;
    }
    if (next === undefined) return false;
    place.segment = next;
    place.byte = segmentHeaderBytes;
    return true;
  }

  function step(take: Take): "more" | "blocked" | "end" {
    const place = places[current];
    if (place === undefined) return "end";
    if (!open(place) || file === null) {
      current++;
      return "more";
    }
    const { fd, size } = file;
    const wanted = Math.min(block.size(), size - place.byte);
    const got = wanted <= 0 ? 0 : fill(fd, place.byte, wanted);
    const walk = walkBlock(at, { got, left: size - place.byte, grows: isGrowing(place) }, take);
    damaged += walk.damaged;
    place.byte += walk.at;
    if (walk.state === "blocked") return "blocked";
    if (walk.state === "short" && walk.needed <= size - place.byte) {
      block.enlarge(walk.needed);
      return "more";
    }
    if (walk.state === "done" && place.byte < size) return "more";
    if (!endSegment(place, walk.state === "done" ? "end" : "damaged")) current++;
    return "more";
  }

  return {
    at,
    step,
    offsets: () =>
      places.map(({ instance, segment, byte }) => ({ instance, segment, byte: Math.max(segmentHeaderBytes, byte) })),
    bytesRead: block.bytesRead,
    damaged: () => damaged,
    close: () => {
      if (file !== null) closeSync(file.fd);
    },
  };
}

/** Memory that stretches of files are read into, one after the other. */
function createBlock() {
  let block = Buffer.allocUnsafeSlow(blockBytes);
  let bytesRead = 0;
  const at: LogBytes = { bytes: block, view: new DataView(new ArrayBuffer(0)) };
  return {
    at,
    size: () => block.length,
    bytesRead: () => bytesRead,
    enlarge(length: number): void {
      if (length > block.length) block = Buffer.allocUnsafeSlow(length);
    },
    /** Returns how many bytes there were. */
    fill(fd: number, from: number, length: number): number {
      let got = 0;
      while (got < length) {
        const read = readSync(fd, block, got, length - got, from + got);
        if (read === 0) break;
        got += read;
      }
      at.bytes = block;
      at.view = new DataView(block.buffer, block.byteOffset, got);
      bytesRead += got;
      return got;
    },
  };
}

function isGrowing({ closed, segment, segments }: Place): boolean {
  return !closed && segment === segments.at(-1);
}

interface Walk {
  readonly at: number;
  readonly state: "done" | "blocked" | "short" | "damaged";
  readonly needed: number;
  readonly damaged: number;
}

interface BlockExtent {
  /** Bytes of the block. */
  readonly got: number;
  /** Bytes of the file from the block's first on. */
  readonly left: number;
  readonly grows: boolean;
}

function walkBlock({ bytes, view }: LogBytes, { got, left, grows }: BlockExtent, take: Take): Walk {
  let at = 0;
  let damaged = 0;
  while (at < got) {
    if (got - at < frameHeaderBytes) return { at, state: "short", needed: frameHeaderBytes, damaged };
    const length = view.getUint32(at, true);
    if (length < minPayloadBytes || length > maxPayloadBytes) return { at, state: "damaged", needed: 0, damaged };
    const end = at + frameHeaderBytes + length;
    if (end > got) return { at, state: "short", needed: frameHeaderBytes + length, damaged };
    if (crc32(bytes.subarray(at + frameHeaderBytes, end)) !== view.getUint32(at + 4, true)) {
      // The last frame of a file that grows may be on its way.
      if (end === left && grows) return { at, state: "damaged", needed: 0, damaged };
      if (end < left && !isFrame({ bytes, view }, end, got)) return { at, state: "damaged", needed: 0, damaged };
      damaged++;
    } else if (!take(at + frameHeaderBytes, end)) return { at, state: "blocked", needed: 0, damaged };
    at = end;
  }
  return { at, state: "done", needed: 0, damaged };
}

/** Whether a whole frame begins here, or one may that is not wholly in these bytes. */
function isFrame({ bytes, view }: LogBytes, at: number, got: number): boolean {
  if (got - at < frameHeaderBytes) return true;
  const length = view.getUint32(at, true);
  if (length < minPayloadBytes || length > maxPayloadBytes) return false;
  const end = at + frameHeaderBytes + length;
  return end > got || crc32(bytes.subarray(at + frameHeaderBytes, end)) === view.getUint32(at + 4, true);
}

function listPlaces(folder: string, after: readonly Offset[]): Place[] {
  const known = new Map(after.map((offset) => [offset.instance, offset]));
  return listFolder(folder)
    .filter((name) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(name))
    .sort()
    .map((instance) => {
      const path = join(folder, instance);
      const closed = existsSync(join(path, closedFile));
      const segments = listFolder(path)
        .map(segmentNumber)
        .filter((segment) => segment !== null)
        .sort((a, b) => a - b);
      const offset = known.get(instance);
      return { instance, closed, segments, segment: offset?.segment ?? 0, byte: offset?.byte ?? segmentHeaderBytes };
    });
}

function listFolder(path: string): string[] {
  try {
    return readdirSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return [];
    throw error;
  }
}
