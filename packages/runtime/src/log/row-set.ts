import { readUuid, writeUuid } from "./format.ts";

/**
 * Rows of requests in a fixed order, as one file: 16 bytes header (magic `SLIPROWS`, version u32 = 1, count u32), then 20 bytes
 * a row: the id of its request, and its number as u32 big-endian. Sorted as bytes are, without doubles.
 */
export interface RowSet {
  /** How many rows. */
  readonly size: number;
  /** The rows of the request whose id begins at `from` of `bytes`, ascending; empty where there are none. */
  rowsOf(bytes: Uint8Array, from: number): number[];
  /** Every row, in order. */
  entries(): Generator<{ readonly id: string; readonly row: number }>;
}

const headerBytes = 16;
const entryBytes = 20;
const idBytes = 16;
const magic = Buffer.from("SLIPROWS", "latin1");

/** Collects rows, which may come in any order, with doubles; quick where they come in order. */
export interface RowSetBuilder {
  add(id: string, row: number): void;
  /** The bytes of a file of rows. */
  build(): Buffer;
}

export function createRowSetBuilder(): RowSetBuilder {
  let bytes = Buffer.alloc(headerBytes + 64 * entryBytes);
  let at = headerBytes;
  let sorted = true;

  function sort(): void {
    const entries = Array.from({ length: (at - headerBytes) / entryBytes }, (_, i) => {
      const from = headerBytes + i * entryBytes;
      return Buffer.from(bytes.subarray(from, from + entryBytes));
    });
    entries.sort(Buffer.compare);
    at = headerBytes;
    for (const [i, entry] of entries.entries())
      if (i === 0 || !entry.equals(entries[i - 1] as Buffer)) at += entry.copy(bytes, at);
    sorted = true;
  }

  return {
    add(id, row) {
      if (at + entryBytes > bytes.length) bytes = Buffer.concat([bytes, Buffer.alloc(bytes.length)]);
      writeUuid(bytes, at, id);
      bytes.writeUInt32BE(row, at + idBytes);
      if (at > headerBytes && bytes.compare(bytes, at, at + entryBytes, at - entryBytes, at) >= 0) sorted = false;
      at += entryBytes;
    },
    build() {
      if (!sorted) sort();
      magic.copy(bytes);
      bytes.writeUInt32LE(1, 8);
      bytes.writeUInt32LE((at - headerBytes) / entryBytes, 12);
      return bytes.subarray(0, at);
    },
  };
}

export function encodeRowSet(rows: Iterable<{ readonly id: string; readonly row: number }>): Buffer {
  const builder = createRowSetBuilder();
  for (const { id, row } of rows) builder.add(id, row);
  return builder.build();
}

/** @throws RangeError where these are no rows of this version */
export function decodeRowSet(file: Buffer): RowSet {
  if (file.length < headerBytes || !file.subarray(0, 8).equals(magic) || file.readUInt32LE(8) !== 1)
    throw new RangeError("This is no file of rows of a version known here.");
  const size = file.readUInt32LE(12);
  if (file.length !== headerBytes + size * entryBytes) throw new RangeError("The file of rows is cut short.");
  const placeOf = (index: number) => headerBytes + index * entryBytes;

  function firstOf(bytes: Uint8Array, from: number): number {
    let [low, high] = [0, size];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const at = placeOf(middle);
      if (file.compare(bytes, from, from + idBytes, at, at + idBytes) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  return {
    size,
    rowsOf(bytes, from) {
      const rows: number[] = [];
      for (let index = firstOf(bytes, from); index < size; index++) {
        const at = placeOf(index);
        if (file.compare(bytes, from, from + idBytes, at, at + idBytes) !== 0) break;
        rows.push(file.readUInt32BE(at + idBytes));
      }
      return rows;
    },
    *entries() {
      for (let index = 0; index < size; index++) {
        const at = placeOf(index);
        yield { id: readUuid(file, at), row: file.readUInt32BE(at + idBytes) };
      }
    },
  };
}
