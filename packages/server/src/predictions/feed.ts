import {
  type Frame,
  type Offset,
  isClosed,
  isInference,
  listInstances,
  listSegments,
  readFrames,
  segmentFile,
  segmentHeaderBytes,
} from "@slipway/runtime/log";
import { open } from "node:fs/promises";
import { join } from "node:path";
import type { Logger } from "../kernel/logger.ts";

/** Some records of one instance, in the order in which they were written. */
export interface FeedChunk {
  /** Inference records; `decodeHeader` and `decodeRecord` of the runtime read their payloads. Views: do not keep them. */
  readonly records: readonly Frame[];
  /** Where to go on: store it in the transaction of the result. */
  readonly offset: Offset;
  /** `more`: read again. `waiting`: that was all for now. `done`: the instance has ended, and that was all for good. */
  readonly state: "more" | "waiting" | "done";
}

/**
 * The log as every consumer reads it that must not miss or double anything: one offset for each instance, because
 * several servers may write at the same time. Whoever stores offset and result in one transaction counts every record
 * exactly once, after any crash.
 */
export interface Feed {
  /** UUIDv7s in the order of their start. Those whose segments are all gone are not there any more. */
  instances(): Promise<readonly string[]>;
  /** Before the first record of an instance. */
  start(instance: string): Offset;
  /** What comes after an offset: at most about 1 MiB and `limit` records. */
  read(after: Offset, limit?: number): Promise<FeedChunk>;
}

export function createFeed({ folder, logger }: { folder: string; logger: Logger }): Feed {
  async function read(after: Offset, limit = 10_000): Promise<FeedChunk> {
    const at = join(folder, after.instance);
    // In this order: what exists now will not grow if something newer, or the mark of the end, was there before it is read.
    const closed = await isClosed(at);
    const segments = await listSegments(at);
    const segment = segments.find((number) => number >= after.segment);
    if (segment === undefined) return { records: [], offset: after, state: closed ? "done" : "waiting" };
    const from = segment === after.segment ? after.byte : segmentHeaderBytes;
    const chunk = await readFrom(join(at, segmentFile(segment)), from, limit);
    const offset = { instance: after.instance, segment, byte: Math.max(from, chunk.byte) };
    const records = chunk.frames.filter((frame) => isInference(frame.payload));
    if (chunk.state === "more") return { records, offset, state: "more" };
    const next = segments.find((number) => number > segment);
    if (chunk.state !== "end" && (closed || next !== undefined))
      logger.warn({ ...offset, found: chunk.state }, "the rest of this log segment cannot be read and is passed over");
    if (next !== undefined)
      return { records, offset: { ...offset, segment: next, byte: segmentHeaderBytes }, state: "more" };
    return { records, offset, state: closed ? "done" : "waiting" };
  }

  return {
    instances: () => listInstances(folder),
    start: (instance) => ({ instance, segment: 0, byte: segmentHeaderBytes }),
    read,
  };
}

async function readFrom(path: string, from: number, limit: number) {
  const handle = await open(path, "r");
  try {
    return await readFrames(handle, { from, limit });
  } finally {
    await handle.close();
  }
}
