/**
 * The protobuf wire format, as much of it as editing a few messages of a big file needs: fields are walked in place and
 * everything that is not looked at stays as bytes. https://protobuf.dev/programming-guides/encoding/
 */

/** The bytes are not well-formed protobuf. */
export class WireError extends Error {
  override readonly name = "WireError";
}

export const wireTypes = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** A cursor over the fields of one message; `next` moves to a field, whose parts are then readable. */
export class WireReader {
  readonly bytes: Uint8Array;
  /** Number of the field. */
  field = 0;
  /** Wire type of the field. */
  type = 0;
  /** Offset of the field's tag in `bytes`. */
  start = 0;
  /** Offset of the value; for wire type 2, of the first byte after the length. */
  valueStart = 0;
  /** Offset after the field. */
  end: number;
  /** The value of a varint, exact up to 2^53. */
  varint = 0;
  readonly #limit: number;

  constructor(bytes: Uint8Array, start = 0, limit = bytes.length) {
    this.bytes = bytes;
    this.end = start;
    this.#limit = limit;
  }

  /** @throws WireError */
  next(): boolean {
    if (this.end >= this.#limit) return false;
    this.start = this.end;
    let at = this.#readVarint(this.start);
    this.field = Math.floor(this.varint / 8);
    this.type = this.varint % 8;
    if (this.field === 0) throw new WireError("field number 0");
    this.valueStart = at;
    if (this.type === wireTypes.varint) at = this.#readVarint(at);
    else if (this.type === wireTypes.fixed64) at += 8;
    else if (this.type === wireTypes.fixed32) at += 4;
    else if (this.type === wireTypes.bytes) {
      this.valueStart = this.#readVarint(at);
      at = this.valueStart + this.varint;
    } else throw new WireError(`wire type ${this.type}`);
    if (at > this.#limit) throw new WireError("a field goes beyond its message");
    this.end = at;
    return true;
  }

  /** The value as a message of its own. */
  message(): WireReader {
    this.#requireBytes();
    return new WireReader(this.bytes, this.valueStart, this.end);
  }

  /** The value as a view, nothing copied. */
  view(): Uint8Array {
    this.#requireBytes();
    return this.bytes.subarray(this.valueStart, this.end);
  }

  text(): string {
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset + this.valueStart, this.view().length).toString("utf8");
  }

  #requireBytes(): void {
    if (this.type !== wireTypes.bytes) throw new WireError(`field ${this.field} has wire type ${this.type}, not 2`);
  }

  /** Sets `varint`; answers with the offset after it. */
  #readVarint(from: number): number {
    let value = 0;
    let scale = 1;
    for (let at = from; at < this.#limit && at < from + 10; at++) {
      const byte = this.bytes[at]!;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        this.varint = value;
        return at + 1;
      }
      scale *= 128;
    }
    throw new WireError("an endless number");
  }
}

/** A varint of 0 to 2^53. */
export function encodeVarint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) | 0x80);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

export function encodeVarintField(field: number, value: number): Uint8Array {
  return Buffer.concat([encodeVarint(field * 8), encodeVarint(value)]);
}

/** Tag, length and content of a length-delimited field, as the pieces to be written one after another. */
export function encodeBytesField(field: number, content: readonly Uint8Array[]): Uint8Array[] {
  const length = content.reduce((sum, piece) => sum + piece.length, 0);
  return [encodeVarint(field * 8 + wireTypes.bytes), encodeVarint(length), ...content];
}

export function encodeTextField(field: number, text: string): Uint8Array {
  return Buffer.concat(encodeBytesField(field, [Buffer.from(text)]));
}
