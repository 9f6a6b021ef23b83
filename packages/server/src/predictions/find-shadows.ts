import {
  type InferenceRecord,
  createPeek,
  decodeRecord,
  isIntact,
  peekRecord,
  sameBytes,
  walkFrames,
} from "@slipway/runtime/log";
import type { DatedSegment } from "./log-index.ts";
import { extendSegmentIndex, readRange } from "./segment-index.ts";

/** A shadow arrives where its request has been answered, and may have waited. */
const longestShadowMs = 11 * 60_000;
const clockSlackMs = 60_000;

/** What was answered once more, for nobody, of one request: the process that answered it wrote these, too, not before it. */
export function findShadows(segments: readonly DatedSegment[], of: InferenceRecord): InferenceRecord[] {
  if (of.shadowOf !== undefined) return [];
  const wanted = Buffer.from(of.id.replaceAll("-", ""), "hex");
  const since = of.at / 1000 - clockSlackMs;
  const until = of.at / 1000 + longestShadowMs;
  const found: InferenceRecord[] = [];
  for (const { index, writtenUntil } of segments) {
    if (index.instance !== of.instance || writtenUntil < since || index.createdAt > until + clockSlackMs) continue;
    extendSegmentIndex(index);
    for (const { from, to, shadowed, minAt, maxAt } of index.blocks)
      if (shadowed && maxAt >= since && minAt <= until) pick(readRange(index.path, from, to), wanted, found);
  }
  return found;
}

function pick(bytes: Buffer, wanted: Buffer, found: InferenceRecord[]): void {
  const peek = createPeek();
  walkFrames(bytes, { from: 0, to: bytes.length, verify: false }, (from, to) => {
    if (!peekRecord(bytes, from, to, peek) || peek.shadowFrom < 0) return;
    // The bytes that a look reads are overwritten by the next one.
    if (sameBytes(bytes, peek.shadowFrom, wanted) && isIntact(bytes, from - 8, to))
      found.push(decodeRecord(Buffer.from(bytes.subarray(from, to))));
  });
}
