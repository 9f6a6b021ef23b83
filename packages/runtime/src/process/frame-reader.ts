import { frameHead, readFrameLength, type FrameBytes } from "../remote/frame.ts";

export interface FrameReader {
  /** The next bytes of the stream, however they were cut. @throws FrameError */
  push(chunk: Uint8Array): void;
}

/** Finds the frames in a stream of bytes; each one comes in memory of its own. */
export function createFrameReader(onFrame: (frame: FrameBytes) => void): FrameReader {
  const head = new Uint8Array(frameHead);
  let headBytes = 0;
  let frame: FrameBytes | null = null;
  let at = 0;

  /** Takes what it can from `chunk` and returns the position after. */
  function take(chunk: Uint8Array, from: number): number {
    if (frame === null) {
      while (headBytes < frameHead && from < chunk.length) head[headBytes++] = chunk[from++]!;
      if (headBytes < frameHead) return from;
      frame = Buffer.allocUnsafeSlow(readFrameLength(head));
      frame.set(head);
      at = frameHead;
    }
    const end = Math.min(chunk.length, from + frame.length - at);
    frame.set(chunk.subarray(from, end), at);
    at += end - from;
    if (at === frame.length) {
      const whole = frame;
      frame = null;
      headBytes = 0;
      onFrame(whole);
    }
    return end;
  }

  return {
    push(chunk) {
      let from = 0;
      while (from < chunk.length) from = take(chunk, from);
    },
  };
}
