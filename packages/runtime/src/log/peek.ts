import { erasedRecord, inferenceRecord, longLength, recordVersion, tags } from "./format.ts";

/** What scans decide by, read in place: one object is filled again and again. Positions are bytes of the buffer. */
export interface Peek {
  /** Wall clock at arrival, milliseconds with fractions. */
  at: number;
  /** Index in `statuses`. */
  status: number;
  rows: number;
  idFrom: number;
  /** The id of the request that this one repeats for nobody; -1: it is traffic. */
  shadowFrom: number;
  endpointFrom: number;
  endpointTo: number;
  /** The first key field: its row and text; -1 without keys. */
  keyFrom: number;
  keyTo: number;
}

export function createPeek(): Peek {
  return {
    at: 0,
    status: 0,
    rows: 0,
    idFrom: -1,
    shadowFrom: -1,
    endpointFrom: 0,
    endpointTo: 0,
    keyFrom: -1,
    keyTo: -1,
  };
}

/** Fills `peek` from the payload that begins at `from`. False where it is no whole inference record. */
export function peekRecord(bytes: Buffer, from: number, to: number, peek: Peek): boolean {
  if (bytes[from] !== inferenceRecord || bytes[from + 1] !== recordVersion) return false;
  const end = from + 6 + u32(bytes, from + 2);
  if (end > to) return false;
  peek.idFrom = -1;
  peek.shadowFrom = -1;
  peek.keyFrom = -1;
  peek.status = 0;
  let at = from + 6;
  while (at < end) {
    const tag = bytes[at] as number;
    let length = (bytes[at + 1] as number) | ((bytes[at + 2] as number) << 8);
    at += 3;
    if (length === longLength) {
      length = u32(bytes, at);
      at += 4;
    }
    if (tag === tags.id) peek.idFrom = at;
    else if (tag === tags.shadowOf) peek.shadowFrom = at;
    else if (tag === tags.at) peek.at = ((u32(bytes, at + 4) | 0) * 0x1_0000_0000 + u32(bytes, at)) / 1000;
    else if (tag === tags.status) peek.status = bytes[at] as number;
    else if (tag === tags.rows) peek.rows = u32(bytes, at);
    else if (tag === tags.endpoint) {
      peek.endpointFrom = at;
      peek.endpointTo = at + length;
    } else if (tag === tags.key && peek.keyFrom < 0) {
      peek.keyFrom = at;
      peek.keyTo = at + length;
    }
    at += length;
  }
  return at === end;
}

/** Where the id of an erased record begins, whose payload is from `from` to `to`; -1 where it is none or has no id. */
export function peekErased(bytes: Buffer, from: number, to: number): number {
  if (bytes[from] !== erasedRecord || bytes[from + 1] !== recordVersion) return -1;
  return to - from >= 25 && u32(bytes, from + 2) === 19 && bytes[from + 6] === tags.id ? from + 9 : -1;
}

/** Whether `bytes` from `from` on begin with `wanted`. */
export function sameBytes(bytes: Buffer, from: number, wanted: Uint8Array): boolean {
  for (let i = 0; i < wanted.length; i++) if (bytes[from + i] !== wanted[i]) return false;
  return true;
}

function u32(bytes: Buffer, at: number): number {
  return (
    ((bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24)) >>>
    0
  );
}
