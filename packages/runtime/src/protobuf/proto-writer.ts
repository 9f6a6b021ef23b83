import { protoTypes } from "./proto-reader.ts";

/** Bytes of a varint of 0 to 2^53. */
export function varintSize(value: number): number {
  if (value < 128) return 1;
  let size = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) size++;
  return size;
}

/** Writes a varint of 0 to 2^53 and answers with the offset after it. */
export function writeVarint(value: number, buffer: Buffer, offset: number): number {
  let at = offset;
  let rest = value;
  while (rest >= 0x80000000) {
    buffer[at++] = (rest % 128) | 0x80;
    rest = Math.floor(rest / 128);
  }
  while (rest >= 128) {
    buffer[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  buffer[at] = rest;
  return at + 1;
}

/** Bytes of a whole number of a field of type int32 or int64: a negative one takes ten. */
export function intSize(value: number): number {
  return value < 0 ? 10 : varintSize(value);
}

export function writeInt(value: number, buffer: Buffer, offset: number): number {
  return value < 0
    ? writeBigVarint(BigInt.asUintN(64, BigInt(value)), buffer, offset)
    : writeVarint(value, buffer, offset);
}

/** Bytes of a varint of 64 bits, without a sign. */
export function bigVarintSize(value: bigint): number {
  let size = 1;
  for (let rest = value; rest >= 128n; rest >>= 7n) size++;
  return size;
}

export function writeBigVarint(value: bigint, buffer: Buffer, offset: number): number {
  let at = offset;
  let rest = value;
  while (rest >= 128n) {
    buffer[at++] = Number(rest & 0x7fn) | 0x80;
    rest >>= 7n;
  }
  buffer[at] = Number(rest);
  return at + 1;
}

/** Bytes of a length-delimited field, its tag included. */
export function fieldSize(field: number, length: number): number {
  return varintSize(field * 8) + varintSize(length) + length;
}

/** Writes tag and length of a length-delimited field and answers with the offset where its bytes belong. */
export function writeHead(
  field: number,
  length: number,
  at: { readonly buffer: Buffer; readonly offset: number },
): number {
  return writeVarint(length, at.buffer, writeVarint(field * 8 + protoTypes.bytes, at.buffer, at.offset));
}
