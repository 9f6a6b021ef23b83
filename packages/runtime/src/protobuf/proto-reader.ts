/** The bytes are not well-formed protobuf. */
export class ProtoError extends Error {
  override readonly name = "ProtoError";
}

/** https://protobuf.dev/programming-guides/encoding/; groups (3 and 4) are as old as proto1 and not read here. */
export const protoTypes = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

const deepest = 64;

/**
 * A cursor over a protobuf message whose fields are read one after another: `next`, then the value by its type, or `skip`.
 * A message within is read by the same cursor between `enter` and `leave`. Nothing is copied but what the caller copies.
 */
export class ProtoReader {
  readonly bytes: Buffer;
  /** The next byte to read. */
  at: number;
  /** Number and wire type of the field that `next` came to. */
  field = 0;
  type = 0;
  /** The upper half of the last varint. */
  high = 0;
  #end: number;
  #depth = 0;

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    this.at = at;
    this.#end = end;
  }

  /** Moves to the next field; false at the end of the message. @throws ProtoError */
  next(): boolean {
    if (this.at >= this.#end) return false;
    const tag = this.varint();
    this.field = tag >>> 3;
    this.type = tag & 7;
    if (this.field === 0 || this.high !== 0) throw new ProtoError("there is no such field number");
    return true;
  }

  /** The lower 32 bits of a varint; the upper ones are in `high`. @throws ProtoError */
  varint(): number {
    const { bytes } = this;
    const end = this.#end;
    let { at } = this;
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (at >= end) throw new ProtoError("a number goes beyond its message");
      const byte = bytes[at++]!;
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >>> 4;
      } else high |= bits << (shift - 32);
      if (byte >= 0x80) continue;
      this.at = at;
      this.high = high >>> 0;
      return low >>> 0;
    }
    throw new ProtoError("a number does not end");
  }

  bool(): boolean {
    this.#require(protoTypes.varint);
    return this.varint() !== 0 || this.high !== 0;
  }

  uint32(): number {
    this.#require(protoTypes.varint);
    return this.varint();
  }

  int32(): number {
    this.#require(protoTypes.varint);
    return this.varint() | 0;
  }

  /** Exact up to 2^53. */
  int64(): number {
    this.#require(protoTypes.varint);
    const low = this.varint();
    return (this.high | 0) * 4294967296 + low;
  }

  /** Exact up to 2^53. */
  uint64(): number {
    this.#require(protoTypes.varint);
    const low = this.varint();
    return this.high * 4294967296 + low;
  }

  double(): number {
    this.#require(protoTypes.fixed64);
    return this.bytes.readDoubleLE(this.#take(8));
  }

  float(): number {
    this.#require(protoTypes.fixed32);
    return this.bytes.readFloatLE(this.#take(4));
  }

  /** A view of the value of a field of bytes. */
  view(): Buffer {
    const length = this.#length();
    const start = this.#take(length);
    return this.bytes.subarray(start, start + length);
  }

  text(): string {
    const length = this.#length();
    const start = this.#take(length);
    return this.bytes.toString("utf8", start, start + length);
  }

  /** Goes into a message, or into a list of packed numbers, that ends where `leave` is given what this answers with. */
  enter(): number {
    const length = this.#length();
    const start = this.#take(length);
    if (++this.#depth > deepest) throw new ProtoError(`messages are nested more than ${deepest} deep`);
    const outer = this.#end;
    this.at = start;
    this.#end = start + length;
    return outer;
  }

  leave(outer: number): void {
    this.at = this.#end;
    this.#end = outer;
    this.#depth--;
  }

  /** Whether something is left of what was entered. */
  more(): boolean {
    return this.at < this.#end;
  }

  /** Past the value of a field that nobody wants. */
  skip(): void {
    if (this.type === protoTypes.varint) this.varint();
    else if (this.type === protoTypes.fixed64) this.#take(8);
    else if (this.type === protoTypes.fixed32) this.#take(4);
    else if (this.type === protoTypes.bytes) this.#take(this.#length());
    else throw new ProtoError(`there is no wire type ${this.type}`);
  }

  /** Past `length` bytes, which are there; answers with where they start. */
  #take(length: number): number {
    const start = this.at;
    if (length > this.#end - start) throw new ProtoError("a field goes beyond its message");
    this.at = start + length;
    return start;
  }

  #length(): number {
    this.#require(protoTypes.bytes);
    const length = this.varint();
    if (this.high !== 0) throw new ProtoError("a field goes beyond its message");
    return length;
  }

  #require(type: number): void {
    if (this.type !== type) throw new ProtoError(`field ${this.field} has wire type ${this.type}, not ${type}`);
  }
}
