import { readSync, writeSync } from "node:fs";
import { frameHead, readFrameLength, type FrameBytes } from "../remote/frame.ts";
import type { RemoteEnd } from "../remote/serve-frames.ts";

const startBytes = 256 * 1024;

/**
 * Answers frames until the other side is done or gone, one after the other. It reads and writes synchronously: this
 * process has nothing else to do, and a round through the event loop would cost more than most runs of a small model.
 */
export async function serveSocket(fd: number, end: RemoteEnd): Promise<void> {
  const frames = createBlockingReader(fd);
  for (;;) {
    const frame = frames.next();
    const reply = frame && (await end.answer(frame));
    if (reply === null) return;
    writeAll(fd, reply);
  }
}

/** `next` is a view of memory that is used again; null at the end of the stream. */
function createBlockingReader(fd: number): { next(): FrameBytes | null } {
  let buffer: FrameBytes = new Uint8Array(new ArrayBuffer(startBytes));
  let [from, to] = [0, 0];

  /** Whether there are so many bytes now; false at the end of the stream. */
  function fill(bytes: number): boolean {
    if (from + bytes > buffer.length) {
      const next = bytes > buffer.length ? new Uint8Array(new ArrayBuffer(bytes)) : buffer;
      next.set(buffer.subarray(from, to));
      buffer = next;
      [from, to] = [0, to - from];
    }
    while (to - from < bytes) {
      const read = readSync(fd, buffer, to, buffer.length - to, null);
      if (read === 0) return false;
      to += read;
    }
    return true;
  }

  return {
    next() {
      if (from === to) [from, to] = [0, 0];
      if (!fill(frameHead)) return null;
      const length = readFrameLength(buffer.subarray(from));
      if (!fill(length)) return null;
      const frame = buffer.subarray(from, from + length);
      from += length;
      return frame;
    },
  };
}

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
}
