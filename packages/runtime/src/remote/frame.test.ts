import fc from "fast-check";
import { expect, test } from "vitest";
import { anyDatatype, tensorOf } from "../codec/testing/arbitraries.ts";
import { createFrameReader } from "../process/frame-reader.ts";
import { decodeFrame, encodeFrame, FrameError, frameKinds, type FrameBytes, type FrameKind } from "./frame.ts";

const frames = fc.record({
  kind: fc.constantFrom(...(Object.keys(frameKinds) as FrameKind[])),
  id: fc.nat(2 ** 32 - 1),
  text: fc.string({ unit: "grapheme" }),
  tensors: fc.array(tensorOf({ datatype: anyDatatype }), { maxLength: 3 }),
});

test("what was sent arrives, however the stream is cut", () => {
  fc.assert(
    fc.property(fc.array(frames, { maxLength: 4 }), fc.array(fc.integer({ min: 1, max: 40 })), (sent, cuts) => {
      const stream = Buffer.concat(sent.map(encodeFrame));
      const received: unknown[] = [];
      const reader = createFrameReader((frame) => received.push(decodeFrame(frame)));
      let at = 0;
      for (const size of [...cuts, stream.length]) {
        reader.push(stream.subarray(at, at + size));
        at += size;
      }
      expect(received).toEqual(sent);
      // Nothing of what the memory held before goes along.
      expect(Buffer.concat(sent.map(encodeFrame)).equals(stream)).toBe(true);
    }),
  );
});

test("bytes that are no frame end in a FrameError, never otherwise", () => {
  const attempt = (bytes: FrameBytes) => {
    try {
      decodeFrame(bytes);
    } catch (error) {
      expect(error).toBeInstanceOf(FrameError);
    }
  };
  fc.assert(
    fc.property(frames, fc.nat(), fc.nat(255), fc.nat(), (frame, at, byte, cut) => {
      const bytes = encodeFrame(frame);
      attempt(bytes.subarray(0, cut % bytes.length));
      bytes[at % bytes.length] = byte;
      attempt(bytes);
    }),
  );
  const reader = createFrameReader(() => {});
  expect(() => reader.push(Buffer.from("HTTP/1.1 400 Bad Request"))).toThrow(FrameError);
});
