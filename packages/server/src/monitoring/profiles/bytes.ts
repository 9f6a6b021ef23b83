/** Writes little-endian values one after the other. */
export interface ByteWriter {
  byte(value: number): void;
  /** 32 bits with a sign. */
  word(value: number): void;
  double(value: number): void;
  /** A whole number from 0 to 2^53 as a varint. */
  count(value: number): void;
  text(value: string): void;
  raw(value: Uint8Array): void;
  /** As 32-bit floats where nothing is lost by it. */
  doubles(values: Float64Array): void;
  bytes(): Uint8Array;
}

export interface ByteReader {
  byte(): number;
  word(): number;
  double(): number;
  count(): number;
  text(): string;
  raw(): Uint8Array<ArrayBuffer>;
  doubles(): Float64Array<ArrayBuffer>;
}

export function createByteWriter(): ByteWriter {
  let buffer = new Uint8Array(4096);
  let view = new DataView(buffer.buffer);
  let at = 0;

  /** Returns where to write. */
  function reserve(length: number): number {
    if (at + length > buffer.length) {
      const larger = new Uint8Array(Math.max(at + length, 2 * buffer.length));
      larger.set(buffer);
      buffer = larger;
      view = new DataView(buffer.buffer);
    }
    at += length;
    return at - length;
  }

  function byte(value: number): void {
    // First the room, which may be in another buffer.
    const to = reserve(1);
    buffer[to] = value;
  }

  function count(value: number): void {
    let rest = value;
    while (rest >= 128) {
      byte((rest % 128) + 128);
      rest = Math.floor(rest / 128);
    }
    byte(rest);
  }

  function raw(value: Uint8Array): void {
    count(value.length);
    const to = reserve(value.length);
    buffer.set(value, to);
  }

  return {
    byte,
    word: (value) => {
      const to = reserve(4);
      view.setInt32(to, value, true);
    },
    double: (value) => {
      const to = reserve(8);
      view.setFloat64(to, value, true);
    },
    count,
    text: (value) => raw(new TextEncoder().encode(value)),
    raw,
    doubles(values) {
      const isShort = values.every((value) => Math.fround(value) === value);
      const size = isShort ? 4 : 8;
      byte(size);
      count(values.length);
      const to = reserve(size * values.length);
      for (const [i, value] of values.entries())
        if (isShort) view.setFloat32(to + 4 * i, value, true);
        else view.setFloat64(to + 8 * i, value, true);
    },
    bytes: () => buffer.subarray(0, at),
  };
}

/** @throws RangeError where the bytes end too soon */
export function createByteReader(bytes: Uint8Array): ByteReader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;

  function take(length: number): number {
    if (at + length > bytes.length) throw new RangeError("The bytes end too soon.");
    at += length;
    return at - length;
  }

  function count(): number {
    let value = 0;
    let factor = 1;
    for (;;) {
      const byte = view.getUint8(take(1));
      value += (byte & 127) * factor;
      if (byte < 128) return value;
      factor *= 128;
    }
  }

  function raw(): Uint8Array<ArrayBuffer> {
    const length = count();
    const from = take(length);
    // A copy, also of a Buffer, whose `slice` is none.
    return new Uint8Array(bytes.subarray(from, from + length));
  }

  return {
    byte: () => view.getUint8(take(1)),
    word: () => view.getInt32(take(4), true),
    double: () => view.getFloat64(take(8), true),
    count,
    text: () => new TextDecoder().decode(raw()),
    raw,
    doubles() {
      const size = view.getUint8(take(1));
      const length = count();
      const from = take(size * length);
      return Float64Array.from({ length }, (_, i) =>
        size === 4 ? view.getFloat32(from + 4 * i, true) : view.getFloat64(from + 8 * i, true),
      );
    },
  };
}
