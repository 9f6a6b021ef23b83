import {
  type CodedColumn,
  type ColumnBuffer,
  type ColumnChunk,
  chunkRows,
  columnBytes,
  createColumnBuffer,
  growColumn,
  noText,
  resetColumn,
} from "../../../platform/lake/column-buffer.ts";
import { statuses } from "@slipway/runtime/log";
import { fixedColumns, type LakeColumns, place } from "../columns.ts";
import { createDictionary, type Dictionary } from "./dictionary.ts";

/** Rows of one partition, in the making or waiting to be written. */
export interface Chunk extends ColumnChunk {
  readonly columns: readonly (ColumnBuffer | CodedColumn)[];
  /** Rows that it has room for. */
  capacity: number;
  /** Of its rows, milliseconds. */
  minAt: number;
  maxAt: number;
}

/** How records of a signature are decoded. */
export interface Plan {
  readonly columns: LakeColumns;
  /** By place: columns of few different texts have one. */
  readonly dictionaries: readonly (Dictionary | null)[];
}

const coded: ReadonlySet<string> = new Set([
  "model",
  "digest",
  "status",
  "face",
  "error_code",
  "fallback",
  "redacted",
  "arm",
  "rule",
]);

export function createPlan(columns: LakeColumns): Plan {
  const isClass = new Set(columns.tensors.filter((tensor) => tensor.classes.length > 0).map((tensor) => tensor.at));
  const dictionaries = columns.columns.map(({ name }, i) =>
    isClass.has(i) || (i < fixedColumns.length && coded.has(name)) ? createDictionary() : null,
  );
  // Their numbers are those of the log.
  for (const status of statuses) dictionaries[place.status]?.codeOfText(status);
  return { columns, dictionaries };
}

/** A chunk that is small at first: most partitions of a flush have few rows. */
const firstRows = 128;

export function createChunk({ columns, dictionaries }: Plan): Chunk {
  return {
    rows: 0,
    capacity: firstRows,
    minAt: Number.POSITIVE_INFINITY,
    maxAt: Number.NEGATIVE_INFINITY,
    columns: columns.columns.map((spec, i) => {
      const dictionary = dictionaries[i];
      if (!dictionary) return createColumnBuffer(spec, firstRows);
      return { spec, codes: new Uint32Array(firstRows).fill(noText), texts: dictionary.texts };
    }),
  };
}

export function resetChunk(chunk: Chunk): void {
  chunk.rows = 0;
  chunk.minAt = Number.POSITIVE_INFINITY;
  chunk.maxAt = Number.NEGATIVE_INFINITY;
  for (const column of chunk.columns) {
    if ("codes" in column) column.codes.fill(noText);
    else resetColumn(column);
  }
}

/** Makes room for `rows` more, as far as a chunk goes; returns how many there is room for. */
export function makeRoom(chunk: Chunk, rows: number): number {
  const wanted = Math.min(chunkRows, chunk.rows + rows);
  if (wanted > chunk.capacity) {
    chunk.capacity = Math.min(chunkRows, Math.max(wanted, 4 * chunk.capacity));
    for (const column of chunk.columns) {
      if ("codes" in column) {
        const larger = new Uint32Array(chunk.capacity).fill(noText);
        larger.set(column.codes);
        column.codes = larger;
      } else growColumn(column, chunk.capacity);
    }
  }
  return wanted - chunk.rows;
}

/** Memory that it holds on to. */
export function chunkBytes(chunk: Chunk): number {
  let bytes = 0;
  for (const column of chunk.columns) bytes += "codes" in column ? column.codes.byteLength : columnBytes(column);
  return bytes;
}
