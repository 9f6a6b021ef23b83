import { type FileHandle, copyFile, open, rename, rm, utimes } from "node:fs/promises";
import { dirname } from "node:path";
import { type ErasedRecord, eraseRows, erasedPayload, toFrame } from "./erased-record.ts";
import { frameHeaderBytes, readUuid, segmentHeaderBytes } from "./format.ts";
import { isIntact, neededBytes, walkFrames } from "./frames.ts";
import { createPeek, peekRecord } from "./peek.ts";
import { readFully, readHeader } from "./reader.ts";
import type { RowSet } from "./row-set.ts";
import { syncFolder } from "./segment-file.ts";

export interface SegmentErasure {
  /** Rows that are gone now. */
  readonly rows: number;
  /** Requests of which nothing is left, and those of which something is. */
  readonly wholeRequests: number;
  readonly partRequests: number;
  /** Rows that went with their request though nobody asked for them: what was left did not fit. */
  readonly widened: readonly { readonly id: string; readonly row: number }[];
  /** Bytes that are no frames, so that nobody knows what is in them. */
  readonly unreadableBytes: number;
}

export interface EraseSegmentOptions {
  /** When all is written and nothing is replaced yet: what is noted here is known of every segment that was replaced. */
  readonly beforeReplace?: (erasure: SegmentErasure) => Promise<void>;
}

/** Written beside a segment while it is rewritten; worthless after a crash. */
export function besideSegment(path: string): string {
  return `${path}.erasing`;
}

const chunkBytes = 1024 * 1024;

/**
 * Erases rows from a segment that does not grow any more, and what repeats them for nobody. Every frame keeps its place and its length, so that offsets stay what
 * they are; readers see the old file or the new one. Done twice, it changes nothing.
 */
export async function eraseFromSegment(
  path: string,
  rows: RowSet,
  options: EraseSegmentOptions = {},
): Promise<SegmentErasure> {
  const beside = besideSegment(path);
  await rm(beside, { force: true });
  const source = await open(path, "r");
  try {
    const { size, atime, mtime } = await source.stat();
    if ((await readHeader(source)) === null) return { ...nothing, unreadableBytes: size };
    const target = createTarget(path, beside);
    try {
      const erasure = await eraseFrames({ source, size, rows }, (at, frame) => target.write(at, frame));
      if (await target.sync()) {
        await options.beforeReplace?.(erasure);
        // The time of the last record is told by that of the file.
        await utimes(beside, atime, mtime);
        await rename(beside, path);
        await syncFolder(dirname(path));
      }
      return erasure;
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

const nothing: SegmentErasure = { rows: 0, wholeRequests: 0, partRequests: 0, widened: [], unreadableBytes: 0 };

/** A copy of the segment, made when the first frame is written over. */
function createTarget(path: string, beside: string) {
  let handle: FileHandle | null = null;
  return {
    async write(at: number, frame: Buffer): Promise<void> {
      if (handle === null) {
        await copyFile(path, beside);
        handle = await open(beside, "r+");
      }
      await handle.write(frame, 0, frame.length, at);
    },
    /** Whether there is anything. */
    async sync(): Promise<boolean> {
      await handle?.sync();
      return handle !== null;
    },
    close: async () => handle?.close(),
  };
}

interface Source {
  readonly source: FileHandle;
  readonly size: number;
  readonly rows: RowSet;
}

async function eraseFrames(
  { source, size, rows }: Source,
  write: (at: number, frame: Buffer) => Promise<void>,
): Promise<SegmentErasure> {
  const sum = { rows: 0, wholeRequests: 0, partRequests: 0, unreadableBytes: 0 };
  const widened: { id: string; row: number }[] = [];
  const peek = createPeek();
  let at = segmentHeaderBytes;
  let wanted = chunkBytes;
  while (at < size) {
    const bytes = Buffer.allocUnsafe(Math.min(wanted, size - at));
    const got = await readFully(source, bytes, at);
    const found: { from: number; to: number; wanted: readonly number[]; isShadow: boolean }[] = [];
    const end = walkFrames(bytes, { from: 0, to: got, verify: false }, (from, to) => {
      const known = peekRecord(bytes, from, to, peek) && peek.idFrom >= 0;
      const isShadow = peek.shadowFrom >= 0;
      // A shadow repeats the whole request, row by row.
      const matched = known ? rows.rowsOf(bytes, isShadow ? peek.shadowFrom : peek.idFrom) : [];
      if (matched.length > 0) found.push({ from, to, wanted: matched, isShadow });
      else if (!isIntact(bytes, from - frameHeaderBytes, to)) sum.unreadableBytes += to - from;
    });
    for (const frame of found) {
      const payload = bytes.subarray(frame.from, frame.to);
      const intact = isIntact(bytes, frame.from - frameHeaderBytes, frame.to);
      const erased = intact ? erase(payload, frame.wanted) : whole(payload, frame.wanted);
      if (erased === null) continue;
      await write(at + frame.from - frameHeaderBytes, toFrame(erased.payload));
      sum.rows += erased.rows.length;
      sum[erased.whole ? "wholeRequests" : "partRequests"]++;
      if (erased.widened && !frame.isShadow) widened.push(...unasked(payload, erased, frame.wanted));
    }
    if (end.state === "damaged" || (end.state === "short" && at + end.at + neededBytes(bytes, end.at, got) > size)) {
      sum.unreadableBytes += size - at - end.at;
      break;
    }
    wanted = end.at === 0 ? neededBytes(bytes, end.at, got) : chunkBytes;
    at += end.at;
  }
  return { ...sum, widened };
}

/** A record that is not what its reader expects is not taken apart: all of it goes. */
function erase(payload: Buffer, rows: readonly number[]): ErasedRecord | null {
  try {
    return eraseRows(payload, rows);
  } catch {
    return whole(payload, rows);
  }
}

function whole(payload: Buffer, rows: readonly number[]): ErasedRecord {
  return { payload: erasedPayload(payload), rows, whole: true, widened: false };
}

function unasked(payload: Buffer, { rows }: ErasedRecord, wanted: readonly number[]) {
  const peek = createPeek();
  peekRecord(payload, 0, payload.length, peek);
  const id = readUuid(payload, peek.idFrom);
  return rows.filter((row) => !wanted.includes(row)).map((row) => ({ id, row }));
}
