import { type LogBytes, readErasedRows, type RecordFields, type TensorPlaces } from "@slipway/runtime/log";
import { chunkRows } from "../../../platform/lake/column-buffer.ts";
import type { LakeColumns } from "../columns.ts";
import type { RowsKind } from "../lake-file.ts";
import { type Chunk, chunkBytes, createChunk, createPlan, makeRoom, type Plan, resetChunk } from "./chunk.ts";
import { createFixedWriter, type FixedRows, type RowRange, type RowTexts, type WriteFixed } from "./fixed-writer.ts";
import { createTensorWriter, type WriteTensors } from "./tensor-writer.ts";

/** How records of a signature are written into chunks. */
export interface Decoding {
  readonly plan: Plan;
  readonly writeFixed: WriteFixed;
  readonly writeTensors: WriteTensors;
}

export function toDecoding(columns: LakeColumns): Decoding {
  const plan = createPlan(columns);
  return { plan, writeFixed: createFixedWriter(plan), writeTensors: createTensorWriter(plan) };
}

/** Rows that go into the same files. */
export interface Partition {
  readonly kind: RowsKind;
  readonly endpoint: string;
  readonly columns: LakeColumns;
  /** UTC: `2026-11-22`. */
  readonly day: string;
  /** Full chunks, and the last one where nothing more comes. */
  readonly ready: Chunk[];
  /** In the making. */
  current: Chunk | null;
}

export type OpenPartition = Partition & Decoding;

/** One record, found in the bytes of the log. One object is filled again and again. */
export interface DecodedRecord {
  log: LogBytes;
  readonly fields: RecordFields;
  readonly places: TensorPlaces;
  texts: RowTexts;
}

export interface Partitions {
  open(of: Pick<Partition, "kind" | "endpoint" | "day">, decoding: Decoding): OpenPartition;
  append(partition: OpenPartition, record: DecodedRecord): void;
  /** Those with rows. */
  list(): Partition[];
  heldBytes(): number;
  giveBack(partition: OpenPartition, chunk: Chunk): void;
}

export function createPartitions(): Partitions {
  const partitions = new Map<string, OpenPartition>();
  const shelf = createShelf();
  const range: RowRange = { base: 0, row: 0, count: 0, rows: 0 };
  const written: Partial<FixedRows> = { range };

  function append(partition: OpenPartition, record: DecodedRecord): void {
    const { log, fields, places, texts } = record;
    const erased = readErasedRows(log, fields);
    const rows = Math.max(1, fields.rows);
    const at = (fields.atHigh * 0x1_0000_0000 + fields.atLow) / 1000;
    range.rows = rows;
    for (let row = 0; row < rows; row += range.count) {
      range.row = row;
      range.count = erased === null ? rows - row : 1;
      if (erased?.has(row)) continue;
      const chunk = (partition.current ??= shelf.take(partition.plan));
      range.base = chunk.rows;
      range.count = makeRoom(chunk, range.count);
      written.log = log;
      written.fields = fields;
      written.texts = texts;
      partition.writeFixed(chunk, written as FixedRows);
      partition.writeTensors(chunk, log, places, range);
      chunk.rows += range.count;
      if (at < chunk.minAt) chunk.minAt = at;
      if (at > chunk.maxAt) chunk.maxAt = at;
      // Images and other long lists: fewer rows at a time.
      const heavy = chunk.rows % 32 === 0 && shelf.weigh(chunk) > heavyBytes;
      if (chunk.rows < chunkRows && !heavy) continue;
      partition.ready.push(chunk);
      partition.current = null;
    }
  }

  return {
    open({ kind, endpoint, day }, decoding) {
      const { columns } = decoding.plan;
      const key = `${kind} ${columns.signature} ${day} ${endpoint}`;
      const there = partitions.get(key);
      if (there !== undefined) return there;
      const made = { kind, endpoint, columns, day, ready: [], current: null, ...decoding };
      partitions.set(key, made);
      return made;
    },
    append,
    list: () => [...partitions.values()].filter((one) => one.ready.length > 0 || one.current !== null),
    heldBytes: shelf.heldBytes,
    giveBack: ({ plan }, chunk) => shelf.giveBack(plan, chunk),
  };
}

const heavyBytes = 16 * 2 ** 20;

/** Chunks are used again: fresh memory for each would cost more than filling it. */
function createShelf() {
  const free = new Map<Plan, Chunk[]>();
  /** Bytes of the chunks that are out, as they were when they were weighed last. */
  const weights = new Map<Chunk, number>();
  let held = 0;

  function weigh(chunk: Chunk): number {
    const bytes = chunkBytes(chunk);
    held += bytes - (weights.get(chunk) ?? 0);
    weights.set(chunk, bytes);
    return bytes;
  }

  return {
    weigh,
    heldBytes: () => held,
    take(plan: Plan): Chunk {
      const chunk = free.get(plan)?.pop() ?? createChunk(plan);
      weigh(chunk);
      return chunk;
    },
    giveBack(plan: Plan, chunk: Chunk): void {
      const bytes = weights.get(chunk) ?? 0;
      held -= bytes;
      weights.delete(chunk);
      const chunks = free.get(plan) ?? [];
      free.set(plan, chunks);
      if (chunks.length >= 2 || bytes > heavyBytes) return;
      resetChunk(chunk);
      chunks.push(chunk);
    },
  };
}
