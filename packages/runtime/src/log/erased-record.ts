import { crc32 } from "node:zlib";
import { elementSizes } from "../datatype.ts";
import { datatypes } from "../tensor.ts";
import { decodeHeader, isInference, walkFields } from "./decode.ts";
import { erasedRecord, frameHeaderBytes, longLength, recordVersion, tags } from "./format.ts";

/** What an erase makes of one record; the payload is as long as it was. */
export interface ErasedRecord {
  readonly payload: Buffer;
  /** Rows that are gone now and were there before. */
  readonly rows: readonly number[];
  /** Nothing of the request is left but its id. */
  readonly whole: boolean;
  /** More went than was asked for, because what is left of the request would not fit into its frame. */
  readonly widened: boolean;
}

/** Fields that the rows share and that may quote what one of them said. */
const quoting: ReadonlySet<number> = new Set([tags.errorMessage, tags.rawBody]);
/** Where the list of erased rows needs room, these go, one step after the other. What they say, nobody is served by. */
const dispensable: readonly (readonly number[])[] = [[], [tags.batchRows], [tags.durations], [tags.trace]];

/**
 * A record without some of its rows: their keys, extra fields and BYTES values are taken out, their numbers are zeros, and the
 * record says which rows they are. All rows: nothing but the id is left. Null where these rows are erased already.
 * @param wanted rows from 0; those that the request does not have are ignored
 */
export function eraseRows(payload: Buffer, wanted: Iterable<number>): ErasedRecord | null {
  if (!isInference(payload)) return null;
  const header = decodeHeader(payload);
  const count = Math.max(1, header.rows);
  const before = new Set(header.erasedRows);
  const rows = [...new Set(wanted)].filter((row) => row < count && !before.has(row)).sort((a, b) => a - b);
  if (rows.length === 0) return null;
  const erased = new Set([...before, ...rows]);
  if (erased.size < count) {
    const left = createRest({ payload, rows: count, erased });
    if (left !== null) return { payload: left, rows, whole: false, widened: false };
  }
  const rest = Array.from({ length: count }, (_, row) => row).filter((row) => !before.has(row));
  return { payload: erasedPayload(payload), rows: rest, whole: true, widened: erased.size < count };
}

/** A record of the same length of which nothing is left but its id. */
export function erasedPayload(payload: Buffer): Buffer {
  const bytes = Buffer.alloc(payload.length);
  bytes[0] = erasedRecord;
  bytes[1] = recordVersion;
  const id = findField(payload, tags.id);
  if (id === null || id.length !== 16 || payload.length < 6 + 19) return bytes;
  bytes.writeUInt32LE(19, 2);
  bytes[6] = tags.id;
  bytes.writeUInt16LE(16, 7);
  id.copy(bytes, 9);
  return bytes;
}

/** The frame around a payload. */
export function toFrame(payload: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(frameHeaderBytes + payload.length);
  frame.writeUInt32LE(payload.length, 0);
  frame.writeUInt32LE(crc32(payload), 4);
  payload.copy(frame, frameHeaderBytes);
  return frame;
}

interface Erasing {
  readonly payload: Buffer;
  readonly rows: number;
  /** All that are to be gone, earlier ones too. */
  readonly erased: ReadonlySet<number>;
}

function findField(payload: Buffer, wanted: number): Buffer | null {
  let found: Buffer | null = null;
  try {
    walkFields(payload, (tag, from, to) => {
      if (tag !== wanted) return true;
      found = payload.subarray(from, to);
      return false;
    });
  } catch {
    // A damaged record has no id that could be kept.
  }
  return found;
}

/** The payload without the erased rows; null where it cannot be told apart from them or does not fit. */
function createRest(erasing: Erasing): Buffer | null {
  const { payload } = erasing;
  const tensorsAt = 6 + payload.readUInt32LE(2);
  const tensors = eraseTensors(erasing, tensorsAt);
  if (tensors === null) return null;
  const dropped = new Set(quoting);
  for (const step of dispensable) {
    for (const tag of step) dropped.add(tag);
    const fields = eraseFields(erasing, dropped);
    if (6 + fields.length + tensors.length > payload.length) continue;
    const bytes = Buffer.alloc(payload.length);
    payload.copy(bytes, 0, 0, 2);
    bytes.writeUInt32LE(fields.length, 2);
    fields.copy(bytes, 6);
    tensors.copy(bytes, 6 + fields.length);
    return bytes;
  }
  return null;
}

function eraseFields({ payload, rows, erased }: Erasing, dropped: ReadonlySet<number>): Buffer {
  const parts: Buffer[] = [];
  walkFields(payload, (tag, from, to) => {
    if (dropped.has(tag) || tag === tags.erasedRows || tag === tags.erasedMap) return;
    // What is left out means the same.
    if ((tag === tags.status || tag === tags.pinned) && payload[from] === 0) return;
    if (tag === tags.key && erased.has(payload.readUInt32LE(from))) return;
    const value = tag === tags.extra ? eraseExtra(payload.subarray(from, to), erased) : payload.subarray(from, to);
    if (value !== null) parts.push(fieldHead(tag, value.length), value);
  });
  const map = Buffer.alloc(Math.ceil(rows / 8));
  if (map.length < erased.size * 4) {
    for (const row of erased) map[row >> 3] = (map[row >> 3] as number) | (1 << (row & 7));
    parts.push(fieldHead(tags.erasedMap, map.length), map);
  } else {
    const list = Buffer.alloc(erased.size * 4);
    [...erased].sort((a, b) => a - b).forEach((row, i) => list.writeUInt32LE(row, 4 * i));
    parts.push(fieldHead(tags.erasedRows, list.length), list);
  }
  return Buffer.concat(parts);
}

/** Null where no row says anything any more. */
function eraseExtra(value: Buffer, erased: ReadonlySet<number>): Buffer | null {
  const rows = JSON.parse(value.toString()) as (Record<string, unknown> | null)[];
  const left = rows.map((row, i) => (erased.has(i) && row !== null && Object.keys(row).length > 0 ? null : row));
  return left.every((row) => row === null) ? null : Buffer.from(JSON.stringify(left));
}

function fieldHead(tag: number, length: number): Buffer {
  if (length < longLength) return Buffer.from([tag, length & 0xff, length >> 8]);
  const head = Buffer.alloc(7);
  head[0] = tag;
  head.writeUInt16LE(longLength, 1);
  head.writeUInt32LE(length, 3);
  return head;
}

/** The block of tensors without a raw body. Null where a tensor does not belong to rows one by one. */
function eraseTensors({ payload, rows, erased }: Erasing, from: number): Buffer | null {
  const counts = Buffer.alloc(8);
  payload.copy(counts, 0, from, from + 4);
  const parts: Buffer[] = [counts];
  const count = payload.readUInt16LE(from) + payload.readUInt16LE(from + 2);
  let at = from + 8 + payload.readUInt32LE(from + 4);
  for (let i = 0; i < count; i++) {
    const tensor = readHead(payload, at);
    const data = payload.subarray(tensor.dataAt, tensor.end);
    at = tensor.end;
    if (data.length === 0) {
      parts.push(payload.subarray(tensor.from, tensor.end));
      continue;
    }
    if (tensor.shape[0] !== rows) return null;
    const width = tensor.shape.slice(1).reduce((product, dim) => product * dim, 1);
    const left = tensor.size === 0 ? eraseTexts(data, width, erased) : eraseNumbers(data, width * tensor.size, erased);
    const head = Buffer.from(payload.subarray(tensor.from, tensor.dataAt));
    head.writeUInt32LE(left.length, head.length - 4);
    parts.push(head, left);
  }
  return Buffer.concat(parts);
}

function readHead(payload: Buffer, from: number) {
  const nameEnd = from + 2 + payload.readUInt16LE(from);
  const datatype = datatypes[payload.readUInt8(nameEnd)];
  if (datatype === undefined) throw new RangeError("A tensor has a datatype that this version does not know.");
  const rank = payload.readUInt8(nameEnd + 1);
  const shape = Array.from({ length: rank }, (_, i) => payload.readUInt32LE(nameEnd + 2 + 4 * i));
  const dataAt = nameEnd + 2 + 4 * rank + 4;
  const end = dataAt + payload.readUInt32LE(dataAt - 4);
  if (end > payload.length) throw new RangeError("The record is cut short.");
  return { from, dataAt, end, shape, size: elementSizes[datatype] };
}

function eraseNumbers(data: Buffer, rowBytes: number, erased: ReadonlySet<number>): Buffer {
  const left = Buffer.from(data);
  for (const row of erased) left.fill(0, row * rowBytes, (row + 1) * rowBytes);
  return left;
}

function eraseTexts(data: Buffer, width: number, erased: ReadonlySet<number>): Buffer {
  const parts: Buffer[] = [];
  const empty = Buffer.alloc(4);
  let at = 0;
  for (let element = 0; at < data.length; element++) {
    const end = at + 4 + data.readUInt32LE(at);
    parts.push(erased.has(Math.floor(element / width)) ? empty : data.subarray(at, end));
    at = end;
  }
  return Buffer.concat(parts);
}
