import {
  type Peek,
  createPeek,
  decodeSegmentHeader,
  peekErased,
  peekRecord,
  readUuid,
  sameBytes,
  segmentHeaderBytes,
  statuses,
  walkFrames,
} from "@slipway/runtime/log";
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { idTime } from "../kernel/ids.ts";

/** About 1 MiB of whole frames, and what is in them, so that look-ups pass over blocks unread. */
export interface Block {
  readonly from: number;
  to: number;
  /** Arrival of its records, milliseconds. */
  minAt: number;
  maxAt: number;
  /** Whether anything failed or fell back. */
  troubled: boolean;
  /** Whether any of it was answered once more for nobody. */
  shadowed: boolean;
  readonly endpoints: Set<string>;
}

/** What is known of one segment; grows with the file. */
export interface SegmentIndex {
  readonly path: string;
  readonly instance: string;
  readonly segment: number;
  /** Milliseconds. */
  readonly createdAt: number;
  readonly blocks: Block[];
  /** Frames before this byte are in blocks. */
  indexedTo: number;
}

const blockBytes = 1024 * 1024;

/** Null where the file is gone or has no whole header yet. */
export function openSegmentIndex(path: string): SegmentIndex | null {
  const header = decodeSegmentHeader(readRange(path, 0, segmentHeaderBytes));
  if (header === null) return null;
  return { path, ...header, blocks: [], indexedTo: segmentHeaderBytes };
}

/** Takes in what was written since the last time. Reads headers only; checksums are for whoever picks a record. */
export function extendSegmentIndex(index: SegmentIndex): void {
  const fd = openSync(index.path, "r");
  try {
    const { size } = fstatSync(fd);
    const indexed = createIndexer(index);
    let wanted = blockBytes;
    while (index.indexedTo < size) {
      const bytes = readFrom(fd, index.indexedTo, Math.min(wanted, size - index.indexedTo));
      const base = index.indexedTo;
      const { at, state } = walkFrames(bytes, { from: 0, to: bytes.length, verify: false }, (from, to) =>
        indexed({ bytes, from, to, base }),
      );
      index.indexedTo = base + at;
      if (state === "damaged" || (at === 0 && base + bytes.length >= size)) return;
      wanted = at === 0 ? wanted * 2 : blockBytes;
    }
  } finally {
    closeSync(fd);
  }
}

/** The bytes of a file from one place to another; fewer where it is shorter, none where it is gone. Good until the next read. */
export function readRange(path: string, from: number, to: number): Buffer {
  let fd;
  try {
    fd = openSync(path, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return Buffer.alloc(0);
    throw error;
  }
  try {
    return readFrom(fd, from, to - from);
  } finally {
    closeSync(fd);
  }
}

/** Fresh memory for every read would cost more than the read. */
let scratch = Buffer.alloc(0);

function readFrom(fd: number, position: number, length: number): Buffer {
  if (scratch.length < length || scratch.length > Math.max(length, 4 * blockBytes))
    scratch = Buffer.allocUnsafeSlow(Math.max(length, 2 * blockBytes));
  const bytes = scratch.subarray(0, length);
  let got = 0;
  while (got < length) {
    const read = readSync(fd, bytes, got, length - got, position + got);
    if (read === 0) break;
    got += read;
  }
  return bytes.subarray(0, got);
}

interface FrameBytes {
  readonly bytes: Buffer;
  /** Of the payload. */
  readonly from: number;
  readonly to: number;
  /** Byte of the file at which `bytes` begin. */
  readonly base: number;
}

function createIndexer(index: SegmentIndex): (frame: FrameBytes) => void {
  const peek = createPeek();
  let endpoint = "";
  let endpointBytes = Buffer.alloc(0);

  function nameOf(bytes: Buffer, { endpointFrom, endpointTo }: Peek): string {
    const same = endpointTo - endpointFrom === endpointBytes.length && sameBytes(bytes, endpointFrom, endpointBytes);
    if (!same) {
      endpointBytes = Buffer.from(bytes.subarray(endpointFrom, endpointTo));
      endpoint = endpointBytes.toString();
    }
    return endpoint;
  }

  return ({ bytes, from, to, base }) => {
    let block = index.blocks.at(-1);
    const start = base + from - 8;
    if (block === undefined || start - block.from >= blockBytes) {
      block = createBlock(start);
      index.blocks.push(block);
    }
    block.to = base + to;
    if (!peekRecord(bytes, from, to, peek)) {
      const idFrom = peekErased(bytes, from, to);
      if (idFrom >= 0) widen(block, idTime(readUuid(bytes, idFrom)));
      return;
    }
    widen(block, peek.at);
    if (statuses[peek.status] !== "ok") block.troubled = true;
    if (peek.shadowFrom >= 0) block.shadowed = true;
    block.endpoints.add(nameOf(bytes, peek));
  };
}

function createBlock(from: number): Block {
  const times = { minAt: Infinity, maxAt: -Infinity };
  return { from, to: from, ...times, troubled: false, shadowed: false, endpoints: new Set() };
}

function widen(block: Block, at: number): void {
  if (at < block.minAt) block.minAt = at;
  if (at > block.maxAt) block.maxAt = at;
}
