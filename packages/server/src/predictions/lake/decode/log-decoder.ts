import {
  createFieldReader,
  createLogSource,
  createRecordFields,
  createTensorPlaces,
  type Offset,
  readTensorPlaces,
  type RecordFields,
  type Route,
} from "@slipway/runtime/log";
import { fixedOnly, type LakeColumns } from "../columns.ts";
import type { RowsKind } from "../lake-file.ts";
import type { Chunk } from "./chunk.ts";
import { readRowTexts } from "./fixed-writer.ts";
import {
  createPartitions,
  type DecodedRecord,
  type Decoding,
  type OpenPartition,
  type Partition,
  toDecoding,
} from "./partitions.ts";

export type { Partition } from "./partitions.ts";

/** A version whose columns must be told before decoding can go on. */
export interface WantedVersion {
  readonly model: string;
  readonly version: number;
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

const dayUs = 86_400_000_000;

export function createLogDecoder({ folder, after, budgetBytes }: DecoderOptions): LogDecoder {
  const source = createLogSource(folder, after);
  const readFields = createFieldReader();
  const record: DecodedRecord = {
    log: source.at,
    fields: createRecordFields(),
    places: createTensorPlaces(),
    texts: { extra: null },
  };
  const { fields, places } = record;
  const partitions = createPartitions();
  const known = new Map<string, Decoding>();
  const decodings = new Map<string, Decoding>();
  const fixed = toDecoding(fixedOnly);
  let wanted: WantedVersion | null = null;
  let undecodable = 0;
  let ended = false;
  let lastRoute: Route | null = null;
  let lastDay = Number.NaN;
  let lastKind: RowsKind = "predictions";
  let last: OpenPartition | null = null;

  function take(from: number, to: number): boolean {
    try {
      if (!readFields(source.at, from, to, fields)) return true;
      readTensorPlaces(source.at, fields.tensorsFrom, to, places);
      record.texts = readRowTexts(source.at, fields, Math.max(1, fields.rows));
      const partition = partitionOf(fields);
      if (partition === null) return false;
      partitions.append(partition, record);
    } catch (error) {
      // A record with a good checksum that cannot be read: passed over, as every other reader does.
      if (!(error instanceof RangeError || error instanceof SyntaxError)) throw error;
      undecodable++;
    }
    return true;
  }

  /** Null where the columns of the version are wanted first. */
  function partitionOf({ route, atHigh, atLow, shadowFrom }: RecordFields): OpenPartition | null {
    const kind = shadowFrom < 0 ? "predictions" : "shadows";
    const day = Math.floor((atHigh * 0x1_0000_0000 + atLow) / dayUs);
    if (route === lastRoute && day === lastDay && kind === lastKind) return last;
    const decoding = decodingOf(route);
    if (decoding === null) return null;
    const date = new Date(day * 86_400_000).toISOString().slice(0, 10);
    last = partitions.open({ kind, endpoint: route.endpoint, day: date }, decoding);
    lastRoute = route;
    lastKind = kind;
    lastDay = day;
    return last;
  }

  function decodingOf({ model, version }: Route): Decoding | null {
    if (model === null || version === null) return fixed;
    const decoding = known.get(`${model}@${version}`);
    if (decoding === undefined) wanted = { model, version };
    return decoding ?? null;
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
      let decoding = fixed;
      if (columns !== null) {
        decoding = decodings.get(columns.signature) ?? toDecoding(columns);
        decodings.set(columns.signature, decoding);
      }
      known.set(`${model}@${version}`, decoding);
    },
    partitions: partitions.list,
    heldBytes: partitions.heldBytes,
    giveBack: (partition, chunk) => partitions.giveBack(partition as OpenPartition, chunk),
    offsets: source.offsets,
    damaged: () => undecodable + source.damaged(),
    more: () => !ended,
    close: source.close,
  };
}
