import { crc32 } from "node:zlib";
import { frameHeaderBytes, maxPayloadBytes, minPayloadBytes } from "./format.ts";

/** Where a walk ended: at a frame that is `short` (its end is not in these bytes) or `damaged`, or `done`. */
export interface FramesEnd {
  /** Where the first frame that was not visited begins. */
  readonly at: number;
  readonly state: "done" | "short" | "damaged" | "stopped";
}

/**
 * Visits the payloads of the whole frames in `bytes` from `from` to `to`. A visit that returns false stops behind its
 * frame. Without `verify` checksums are not compared: for scans that verify what they pick.
 */
export function walkFrames(
  bytes: Buffer,
  range: { readonly from: number; readonly to: number; readonly verify?: boolean },
  visit: (from: number, to: number) => boolean | void,
): FramesEnd {
  const { to, verify = true } = range;
  let at = range.from;
  while (at < to) {
    if (to - at < frameHeaderBytes) return { at, state: "short" };
    const length = bytes.readUInt32LE(at);
    if (length < minPayloadBytes || length > maxPayloadBytes) return { at, state: "damaged" };
    const end = at + frameHeaderBytes + length;
    if (end > to) return { at, state: "short" };
    if (verify && !isIntact(bytes, at, end)) return { at, state: "damaged" };
    const go = visit(at + frameHeaderBytes, end);
    at = end;
    if (go === false) return { at, state: "stopped" };
  }
  return { at, state: "done" };
}

/** Compares the checksum of the frame from `at` to `end`. */
export function isIntact(bytes: Buffer, at: number, end: number): boolean {
  return crc32(bytes.subarray(at + frameHeaderBytes, end)) === bytes.readUInt32LE(at + 4);
}

/** Bytes that a walk needs from `at` on to get past a short frame. */
export function neededBytes(bytes: Buffer, at: number, to: number): number {
  return to - at < frameHeaderBytes ? frameHeaderBytes : frameHeaderBytes + bytes.readUInt32LE(at);
}
