/**
 * The shapes on disk that must not change: segment header, frame, tags (ARCHITECTURE.md, "The prediction log").
 * All integers are little-endian.
 */

/** A place in the log: the byte after a frame (or before the first). Readers store it with their result. */
export interface Offset {
  /** UUIDv7 of the server's start; sorts by time. */
  readonly instance: string;
  /** From 1. */
  readonly segment: number;
  readonly byte: number;
}

export const segmentHeaderBytes = 64;
export const frameHeaderBytes = 8;
/** Record type, record version, header length. A shorter payload is no record: a tail of zeros reads as such. */
export const minPayloadBytes = 6;
/** A longer payload is not believed: its length is damaged. */
export const maxPayloadBytes = 0x1000_0000;
/** A field's u16 length of this value says that a u32 length follows. */
export const longLength = 0xffff;
/** Of the body of a request that did not parse, so much is kept. */
export const maxRawBodyBytes = 65_536;

export const inferenceRecord = 1;
/** What is left of a record that was erased: its id and zeros, in a frame of the same length. */
export const erasedRecord = 2;
export const recordVersion = 1;

/** Never renumber; new ones go to the end. 27 to 29 and 31 to 33 are reserved and not written yet. */
export const tags = {
  id: 1,
  at: 2,
  status: 3,
  rows: 4,
  instance: 5,
  epoch: 6,
  endpoint: 7,
  revision: 8,
  model: 9,
  version: 10,
  pinned: 11,
  face: 12,
  key: 13,
  trace: 14,
  durations: 15,
  batchRows: 16,
  errorCode: 17,
  errorMessage: 18,
  requestId: 19,
  user: 20,
  extra: 21,
  digest: 22,
  rawBody: 23,
  arm: 24,
  rule: 25,
  propensity: 26,
  policyVersion: 27,
  exploration: 28,
  noise: 29,
  shadowOf: 30,
  cacheOf: 31,
  featureVersions: 32,
  sliceTags: 33,
  fallback: 34,
  redacted: 35,
  erasedRows: 36,
  erasedMap: 37,
  bucket: 38,
} as const;

export const statuses = ["ok", "error", "fallback"] as const;
export type RecordStatus = (typeof statuses)[number];

/** Written beside the segments of an instance that will never grow again. */
export const closedFile = "closed";

export function segmentFile(segment: number): string {
  return `${String(segment).padStart(8, "0")}.log`;
}

/** The number of a segment's file, or null for any other file. */
export function segmentNumber(file: string): number | null {
  return /^[0-9]{8}\.log$/.test(file) ? Number(file.slice(0, 8)) : null;
}

export interface SegmentHeader {
  readonly instance: string;
  readonly segment: number;
  /** Wall clock, milliseconds. */
  readonly createdAt: number;
}

const magic = Buffer.from("SLIPLOG1", "latin1");

export function encodeSegmentHeader(header: SegmentHeader): Buffer {
  const bytes = Buffer.alloc(segmentHeaderBytes);
  magic.copy(bytes);
  bytes.writeUInt32LE(1, 8);
  bytes.writeUInt32LE(segmentHeaderBytes, 12);
  writeUuid(bytes, 16, header.instance);
  bytes.writeUInt32LE(header.segment, 32);
  bytes.writeBigInt64LE(BigInt(header.createdAt), 40);
  return bytes;
}

/** Null where these are not the first bytes of a whole segment of this version. */
export function decodeSegmentHeader(bytes: Buffer): SegmentHeader | null {
  if (bytes.length < segmentHeaderBytes || !bytes.subarray(0, 8).equals(magic)) return null;
  if (bytes.readUInt32LE(8) !== 1 || bytes.readUInt32LE(12) !== segmentHeaderBytes) return null;
  return {
    instance: readUuid(bytes, 16),
    segment: bytes.readUInt32LE(32),
    createdAt: Number(bytes.readBigInt64LE(40)),
  };
}

/** Negative where `a` comes first. Instances sort by their start. */
export function compareOffsets(a: Offset, b: Offset): number {
  if (a.instance !== b.instance) return a.instance < b.instance ? -1 : 1;
  return a.segment - b.segment || a.byte - b.byte;
}

/** Hex digits of either case into half as many bytes; returns the byte after. @throws TypeError */
export function writeHex(bytes: Uint8Array, at: number, text: string): number {
  if (text.length % 2 !== 0) throw new TypeError(`${JSON.stringify(text)} is not hexadecimal`);
  for (let i = 0; i < text.length; i += 2) bytes[at++] = hexByte(text, i);
  return at;
}

/** @throws TypeError */
export function writeUuid(bytes: Uint8Array, at: number, uuid: string): number {
  if (uuid.length !== 36) throw new TypeError(`${JSON.stringify(uuid)} is not a UUID`);
  for (let i = 0; i < 36; i += 2) {
    if (i === 8 || i === 13 || i === 18 || i === 23) i++;
    bytes[at++] = hexByte(uuid, i);
  }
  return at;
}

export function readUuid(bytes: Buffer, at: number): string {
  const hex = bytes.toString("hex", at, at + 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

const nibbles = new Int8Array(128).fill(-1);
for (let i = 0; i < 16; i++) {
  nibbles["0123456789abcdef".charCodeAt(i)] = i;
  nibbles["0123456789ABCDEF".charCodeAt(i)] = i;
}

function hexByte(text: string, at: number): number {
  const high = nibbles[text.charCodeAt(at)];
  const low = nibbles[text.charCodeAt(at + 1)];
  if (high === undefined || low === undefined || high < 0 || low < 0)
    throw new TypeError(`${JSON.stringify(text)} is not hexadecimal`);
  return (high << 4) | low;
}
