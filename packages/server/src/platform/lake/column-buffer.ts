import { isUtf8 } from "node:buffer";

/** Types of columns that are made here; DuckDB's names. TIMESTAMP is microseconds, in UTC. */
export const columnSizes = {
  BOOLEAN: 1,
  TINYINT: 1,
  SMALLINT: 2,
  INTEGER: 4,
  BIGINT: 8,
  UTINYINT: 1,
  USMALLINT: 2,
  UINTEGER: 4,
  UBIGINT: 8,
  FLOAT: 4,
  DOUBLE: 8,
  TIMESTAMP: 8,
  UUID: 16,
  VARCHAR: 16,
} as const;

export type ColumnType = keyof typeof columnSizes;

export interface ColumnSpec {
  readonly name: string;
  readonly type: ColumnType;
  /** Every row is a list of any number of such values. */
  readonly list?: boolean;
  readonly nullable?: boolean;
}

/** Rows of a chunk; DuckDB's vectors are of this size. */
export const chunkRows = 2048;

/** Longer texts do not fit into their cell and stand in `heap`. */
const inlineText = 12;

/**
 * The values of one column of a chunk in DuckDB's own layout, so that they are handed over with one copy. Each row is set
 * at most once, by one of the functions below or by a store into `view`, which of a nullable column `setValid` follows.
 * A row of a nullable column that is not set is null; every row of another one must be set.
 */
export interface ColumnBuffer {
  readonly spec: ColumnSpec;
  bytes: Uint8Array<ArrayBuffer>;
  /** Of `bytes`. */
  view: DataView<ArrayBuffer>;
  /** The whole words of `bytes`. */
  words: Uint32Array<ArrayBuffer>;
  /** One bit a row, 0 is null; null where the column is not nullable. */
  validity: Uint8Array<ArrayBuffer> | null;
  /** Texts longer than their cell: row, from, to, ... in `heap`. */
  readonly long: number[];
  heap: Uint8Array<ArrayBuffer>;
  heapSize: number;
  /** Of a list column: all elements, one after the other. */
  readonly child: ColumnBuffer | null;
  /** Elements in the child so far. */
  elements: number;
}

const empty = new Uint8Array(0);

export function createColumnBuffer(spec: ColumnSpec, rows = chunkRows): ColumnBuffer {
  const bytes = new Uint8Array(rows * cellBytes(spec));
  return {
    spec,
    bytes,
    view: new DataView(bytes.buffer),
    words: toWords(bytes),
    validity: spec.nullable ? new Uint8Array(validityBytes(rows)) : null,
    long: [],
    heap: empty,
    heapSize: 0,
    child: spec.list ? createColumnBuffer({ name: "", type: spec.type }, 64) : null,
    elements: 0,
  };
}

function toWords({ buffer, length }: Uint8Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  return new Uint32Array(buffer, 0, length >> 2);
}

function cellBytes({ list, type }: ColumnSpec): number {
  return list ? 16 : columnSizes[type];
}

/** Of a bitmap of so many rows, in whole words. */
export function validityBytes(rows: number): number {
  return Math.ceil(rows / 64) * 8;
}

/** Makes the column empty; its memory stays. */
export function resetColumn(column: ColumnBuffer): void {
  if (column.validity !== null) {
    column.validity.fill(0);
    column.bytes.fill(0);
  }
  column.long.length = 0;
  column.heapSize = 0;
  column.elements = 0;
  if (column.child !== null) resetColumn(column.child);
}

/** Room for so many rows. */
export function growColumn(column: ColumnBuffer, rows: number): void {
  const size = cellBytes(column.spec);
  if (column.bytes.length >= rows * size) return;
  const capacity = Math.max(rows, (2 * column.bytes.length) / size);
  column.bytes = enlarge(column.bytes, capacity * size);
  column.view = new DataView(column.bytes.buffer);
  column.words = toWords(column.bytes);
  if (column.validity !== null) column.validity = enlarge(column.validity, validityBytes(capacity));
}

/** Bytes that it holds on to. */
export function columnBytes({ bytes, heap, child }: ColumnBuffer): number {
  return bytes.length + heap.length + (child === null ? 0 : child.bytes.length + child.heap.length);
}

export function setValid({ validity }: ColumnBuffer, row: number): void {
  if (validity !== null) validity[row >> 3] = (validity[row >> 3] as number) | (1 << (row & 7));
}

/**
 * The text in `source` from `from` to `to`. What is no UTF-8 becomes a data URL, so that nothing is lost and every
 * text is a text.
 */
export function setText(column: ColumnBuffer, row: number, source: Uint8Array, from: number, to: number): void {
  const length = to - from;
  const { bytes } = column;
  const cell = row * 16;
  setValid(column, row);
  if (length <= inlineText) {
    let high = 0;
    for (let i = 0; i < length; i++) {
      const byte = source[from + i] as number;
      high |= byte;
      bytes[cell + 4 + i] = byte;
    }
    for (let i = length; i < inlineText; i++) bytes[cell + 4 + i] = 0;
    bytes[cell] = length;
    bytes[cell + 1] = 0;
    bytes[cell + 2] = 0;
    bytes[cell + 3] = 0;
    if (high < 128 || isUtf8(source.subarray(from, to))) return;
  } else if (isUtf8(source.subarray(from, to))) {
    setLong(column, row, source.subarray(from, to));
    return;
  }
  const url = `data:;base64,${Buffer.from(source.subarray(from, to)).toString("base64")}`;
  setLong(column, row, Buffer.from(url));
}

export function setString(column: ColumnBuffer, row: number, text: string): void {
  const bytes = Buffer.from(text);
  setText(column, row, bytes, 0, bytes.length);
}

function setLong(column: ColumnBuffer, row: number, text: Uint8Array): void {
  const from = column.heapSize;
  const to = from + text.length;
  if (column.heap.length < to) column.heap = enlarge(column.heap, Math.max(4096, to, 2 * column.heap.length));
  column.heap.set(text, from);
  column.heapSize = to;
  column.long.push(row, from, to);
}

/** Makes the row a list of the next `count` elements and returns the child's index of the first, with room for them. */
export function startList(column: ColumnBuffer, row: number, count: number): number {
  const { view, child, elements } = column;
  if (child === null) throw new TypeError(`${column.spec.name} is no list.`);
  view.setUint32(row * 16, elements, true);
  view.setUint32(row * 16 + 4, 0, true);
  view.setUint32(row * 16 + 8, count, true);
  view.setUint32(row * 16 + 12, 0, true);
  setValid(column, row);
  column.elements = elements + count;
  growColumn(child, column.elements);
  return elements;
}

function enlarge(bytes: Uint8Array<ArrayBuffer>, length: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(length);
  larger.set(bytes);
  return larger;
}

/** A column of few different texts: a row stores the number of its text; null is `noText`. */
export interface CodedColumn {
  readonly spec: ColumnSpec;
  codes: Uint32Array<ArrayBuffer>;
  /** UTF-8. */
  readonly texts: readonly Uint8Array[];
}

export const noText = 0xffff_ffff;

/** A chunk of rows as columns, ready for DuckDB. */
export interface ColumnChunk {
  rows: number;
  readonly columns: readonly (ColumnBuffer | CodedColumn)[];
}
