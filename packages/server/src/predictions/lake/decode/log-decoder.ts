import type { Offset } from "@slipway/runtime/log";
import { chunkRows } from "../../../platform/lake/column-buffer.ts";
import { fixedOnly, type LakeColumns } from "../columns.ts";
import { type Chunk, chunkBytes, createChunk, createPlan, makeRoom, type Plan, resetChunk } from "./chunk.ts";
import { readRowTexts, type RowRange, type RowTexts, writeFixed } from "./fixed-writer.ts";
import { createLogSource } from "./log-source.ts";
import { createFieldReader, createRecordFields, type RecordFields, type Route } from "./record-fields.ts";
import { createTensorPlaces, readTensorPlaces } from "./tensor-places.ts";
import { createTensorWriter, type WriteTensors } from "./tensor-writer.ts";

/** A version whose columns must be told before decoding can go on. */
export interface WantedVersion {
  readonly model: string;
  readonly version: number;
}

/** Rows that go into the same files. */
export interface Partition {
  readonly endpoint: string;
  readonly columns: LakeColumns;
  /** UTC: `2026-11-22`. */
  readonly day: string;
  /** Full chunks, and the last one where nothing more comes. */
  readonly ready: Chunk[];
  /** In the making. */
  current: Chunk | null;
}

/** The log as columns, made bit by bit as they are asked for. */
export interface LogDecoder {
  /** Decodes some more; false where there is no more for now, the budget is spent, or `wanted` is not null. */
  step(): boolean;
  wanted(): WantedVersion | null;
  /** Null: nothing is known of the version, so its records have the fixed columns only. */
  learn(version: WantedVersion, columns: LakeColumns | null): void;
  /** Those with rows, the one with most memory first. */
  partitions(): Partition[];
  /** Bytes of all chunks that are not given back. */
  heldBytes(): number;
  /** A chunk that was written. */
  giveBack(partition: Partition, chunk: Chunk): void;
  /** Behind everything decoded. */
  offsets(): Offset[];
  damaged(): number;
  /** The budget was spent before the end. */
  more(): boolean;
  close(): void;
}

export interface DecoderOptions {
  readonly folder: string;
  readonly after: readonly Offset[];
  /** Bytes of the log after which it stops. */
  readonly budgetBytes: number;
}

interface Decoding {
  readonly plan: Plan;
  readonly writeTensors: WriteTensors;
}

const dayUs = 86_400_000_000;

export function createLogDecoder({ folder, after, budgetBytes }: DecoderOptions): LogDecoder {
  const source = createLogSource(folder, after);
  const readFields = createFieldReader();
  const fields = createRecordFields();
  const places = createTensorPlaces();
  const range: RowRange = { base: 0, row: 0, count: 0, rows: 0 };
  const known = new Map<string, Decoding>();
  const decodings = new Map<string, Decoding>();
  const fixed = { plan: createPlan(fixedOnly), writeTensors: () => {} };
  const partitions = new Map<string, Partition & Decoding>();
  const free = new Map<Plan, Chunk[]>();
  let wanted: WantedVersion | null = null;
  let undecodable = 0;
  let held = 0;
  let ended = false;
  let lastRoute: Route | null = null;
  let lastDay = Number.NaN;
  let last: (Partition & Decoding) | null = null;

  function take(from: number, to: number): boolean {
    try {
      if (!readFields(source.at, from, to, fields)) return true;
      readTensorPlaces(source.at, fields.tensorsFrom, to, places);
      const rows = Math.max(1, fields.rows);
      const texts = readRowTexts(source.at, fields, rows);
      const partition = partitionOf(fields);
      if (partition === null) return false;
      append(partition, rows, texts);
    } catch (error) {
      // A record with a good checksum that cannot be read: passed over, as every other reader does.
      if (!(error instanceof RangeError || error instanceof SyntaxError)) throw error;
      undecodable++;
    }
    return true;
  }

  /** Null where the columns of the version are wanted first. */
  function partitionOf({ route, atHigh, atLow }: RecordFields): (Partition & Decoding) | null {
    const day = Math.floor((atHigh * 0x1_0000_0000 + atLow) / dayUs);
    if (route === lastRoute && day === lastDay) return last;
    const decoding = decodingOf(route);
    if (decoding === null) return null;
    const date = new Date(day * 86_400_000).toISOString().slice(0, 10);
    const key = `${decoding.plan.columns.signature} ${date} ${route.endpoint}`;
    let partition = partitions.get(key);
    if (partition === undefined) {
      const { columns } = decoding.plan;
      partition = { endpoint: route.endpoint, columns, day: date, ready: [], current: null, ...decoding };
      partitions.set(key, partition);
    }
    lastRoute = route;
    lastDay = day;
    last = partition;
    return partition;
  }

  function decodingOf({ model, version }: Route): Decoding | null {
    if (model === null || version === null) return fixed;
    const decoding = known.get(`${model}@${version}`);
    if (decoding === undefined) wanted = { model, version };
    return decoding ?? null;
  }

  function append(partition: Partition & Decoding, rows: number, texts: RowTexts): void {
    const erased = fields.erasedRows.from >= 0 || fields.erasedMap.from >= 0 ? readErased() : null;
    range.rows = rows;
    for (let row = 0; row < rows; row += range.count) {
      range.row = row;
      range.count = erased === null ? rows - row : 1;
      if (erased?.has(row)) continue;
      const chunk = (partition.current ??= takeChunk(partition.plan));
      range.base = chunk.rows;
      const before = chunk.capacity;
      range.count = Math.min(range.count, makeRoom(chunk, range.count));
      if (chunk.capacity !== before) held += chunkBytes(chunk) * (1 - before / chunk.capacity);
      const written = { log: source.at, fields, texts, range };
      writeFixed(chunk, partition.plan, written);
      partition.writeTensors(chunk, source.at, places, range);
      chunk.rows += range.count;
      const at = (fields.atHigh * 0x1_0000_0000 + fields.atLow) / 1000;
      if (at < chunk.minAt) chunk.minAt = at;
      if (at > chunk.maxAt) chunk.maxAt = at;
      if (chunk.rows === chunkRows || isHeavy(chunk)) {
        partition.ready.push(chunk);
        partition.current = null;
      }
    }
  }

  function readErased(): Set<number> {
    const { view, bytes } = source.at;
    const { erasedRows, erasedMap } = fields;
    const rows = new Set<number>();
    for (let at = erasedRows.from; at >= 0 && at + 4 <= erasedRows.to; at += 4) rows.add(view.getUint32(at, true));
    for (let at = erasedMap.from; at >= 0 && at < erasedMap.to; at++)
      for (let bit = 0; bit < 8; bit++)
        if (((bytes[at] as number) >> bit) & 1) rows.add((at - erasedMap.from) * 8 + bit);
    return rows;
  }

  function takeChunk(plan: Plan): Chunk {
    const chunk = free.get(plan)?.pop() ?? createChunk(plan);
    held += chunkBytes(chunk);
    return chunk;
  }

  return {
    step() {
      if (ended || wanted !== null) return false;
      const state = source.step(take);
      if (state === "end") ended = true;
      return state === "more" && source.bytesRead() < budgetBytes;
    },
    wanted: () => wanted,
    learn({ model, version }, columns) {
      wanted = null;
      const signature = columns?.signature;
      let decoding: Decoding = fixed;
      if (columns !== null && signature !== undefined) {
        const plan = decodings.get(signature)?.plan ?? createPlan(columns);
        decoding = decodings.get(signature) ?? { plan, writeTensors: createTensorWriter(plan) };
        decodings.set(signature, decoding);
      }
      known.set(`${model}@${version}`, decoding);
    },
    partitions: () => [...partitions.values()].filter((one) => one.ready.length > 0 || one.current !== null),
    heldBytes: () => held,
    giveBack(partition, chunk) {
      held -= chunkBytes(chunk);
      const { plan } = partition as Partition & Decoding;
      const chunks = free.get(plan) ?? [];
      free.set(plan, chunks);
      if (chunks.length >= 2 || isHeavy(chunk)) return;
      resetChunk(chunk);
      chunks.push(chunk);
    },
    offsets: source.offsets,
    damaged: () => undecodable + source.damaged(),
    more: () => !ended,
    close: source.close,
  };
}

const heavyBytes = 16 * 2 ** 20;

/** Images and other long lists: fewer rows at a time. Looked at every 32 rows. */
function isHeavy(chunk: Chunk): boolean {
  return chunk.rows % 32 === 0 && chunkBytes(chunk) > heavyBytes;
}
