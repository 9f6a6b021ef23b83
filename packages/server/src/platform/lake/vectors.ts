import type { DuckDBDataChunk } from "@duckdb/node-api";
import duckdb from "@duckdb/node-bindings";
import {
  type CodedColumn,
  type ColumnBuffer,
  type ColumnChunk,
  columnSizes,
  noText,
  validityBytes,
} from "./column-buffer.ts";

type Vector = ReturnType<typeof duckdb.data_chunk_get_vector>;

/** Copies a chunk of columns into DuckDB's; `target` has columns of the same types in the same order. */
export function fillChunk(target: DuckDBDataChunk, { rows, columns }: ColumnChunk): void {
  for (let i = 0; i < columns.length; i++) {
    const column = columns[i] as ColumnBuffer | CodedColumn;
    const vector = duckdb.data_chunk_get_vector(target.chunk, i);
    if ("codes" in column) fillCoded(vector, column, rows);
    else if (column.child === null) fillVector(vector, column, rows);
    else fillList(vector, column, rows);
  }
  // Last: the size makes the chunk's own vectors forget nothing, because none were asked for.
  duckdb.data_chunk_set_size(target.chunk, rows);
}

function fillVector(vector: Vector, column: ColumnBuffer, rows: number): void {
  duckdb.copy_data_to_vector(vector, 0, column.bytes.buffer, 0, rows * columnSizes[column.spec.type]);
  const { long, heap } = column;
  for (let i = 0; i < long.length; i += 3) {
    const text = heap.subarray(long[i + 1], long[i + 2]);
    duckdb.vector_assign_string_element_len(vector, long[i] as number, text);
  }
  fillValidity(vector, column.validity, rows);
}

function fillList(vector: Vector, column: ColumnBuffer, rows: number): void {
  const child = column.child as ColumnBuffer;
  duckdb.list_vector_reserve(vector, column.elements);
  duckdb.list_vector_set_size(vector, column.elements);
  // Only now: growing the list moves its child.
  if (column.elements > 0) fillVector(duckdb.list_vector_get_child(vector), child, column.elements);
  duckdb.copy_data_to_vector(vector, 0, column.bytes.buffer, 0, rows * 16);
  fillValidity(vector, column.validity, rows);
}

function fillValidity(vector: Vector, validity: Uint8Array<ArrayBuffer> | null, rows: number): void {
  if (validity === null) return;
  duckdb.vector_ensure_validity_writable(vector);
  duckdb.copy_data_to_vector_validity(vector, 0, validity.buffer, 0, validityBytes(rows));
}

const cells = new Uint32Array(4 * 2048);
const bits = new Uint8Array(256);

/** Each text is handed over once a chunk; its other rows get a copy of the cell, which points to the same bytes. */
function fillCoded(vector: Vector, { codes, texts }: CodedColumn, rows: number): void {
  const firstRows = new Map<number, number>();
  let nulls = 0;
  let last = -1;
  for (let row = 0; row < rows; row++) {
    const code = codes[row] as number;
    if (code === last) continue;
    last = code;
    if (code === noText || firstRows.has(code)) continue;
    firstRows.set(code, row);
    duckdb.vector_assign_string_element_len(vector, row, texts[code] as Uint8Array);
  }
  const given = duckdb.vector_get_data(vector, rows * 16);
  const from = new Uint32Array(given.buffer, given.byteOffset, rows * 4);
  bits.fill(255);
  last = -1;
  let at = 0;
  for (let row = 0; row < rows; row++) {
    const code = codes[row] as number;
    const to = row * 4;
    if (code === noText) {
      bits[row >> 3] = (bits[row >> 3] as number) & ~(1 << (row & 7));
      nulls++;
      cells.fill(0, to, to + 4);
      continue;
    }
    if (code !== last) {
      last = code;
      at = (firstRows.get(code) as number) * 4;
    }
    cells[to] = from[at] as number;
    cells[to + 1] = from[at + 1] as number;
    cells[to + 2] = from[at + 2] as number;
    cells[to + 3] = from[at + 3] as number;
  }
  duckdb.copy_data_to_vector(vector, 0, cells.buffer, 0, rows * 16);
  if (nulls > 0) fillValidity(vector, bits, rows);
}
