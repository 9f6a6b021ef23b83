import { type LogBytes, readErasedRows, type RecordFields, type TensorPlaces } from "@slipway/runtime/log";
import type { Watched } from "../../watched.ts";
import { missingCode } from "../column-batch.ts";
import { batchRows, createLaneColumns, type LaneColumns } from "./lane-columns.ts";
import type { LaneSetting } from "./messages.ts";
import { createTensorReader } from "./tensor-reader.ts";
import type { LaneRows } from "./tensor-source.ts";

/** Rows of one version between the log and its profiles. */
export interface Lane {
  readonly watched: Watched;
  readonly setting: LaneSetting;
  readonly columns: LaneColumns;
  rows: number;
  /** Of each row: when its request came, milliseconds. */
  readonly at: Float64Array;
  /** A number for each request, the same in all its rows. */
  readonly request: Float64Array;
  /** Milliseconds until the answer; NaN where it is not known. */
  readonly latency: Float64Array;
  readonly isFallback: Uint8Array;
}

export interface LaneRecord {
  readonly log: LogBytes;
  readonly fields: RecordFields;
  readonly places: TensorPlaces;
  /** Milliseconds. */
  at: number;
  latencyMs: number;
}

/** Takes the rows of a record. `flush` is called where they have no room; it empties the lane. */
export type AppendRecord = (record: LaneRecord) => void;

export function createLane(watched: Watched, setting: LaneSetting): Lane {
  return {
    watched,
    setting,
    columns: createLaneColumns(setting),
    rows: 0,
    at: new Float64Array(batchRows),
    request: new Float64Array(batchRows),
    latency: new Float64Array(batchRows),
    isFallback: new Uint8Array(batchRows),
  };
}

export interface LaneFlush {
  /** Puts its rows into profiles. */
  flush(lane: Lane): void;
  /** Before numbers of texts are given to others. */
  settle(lane: Lane): void;
}

const fallback = 2;

export function createAppend(lane: Lane, { flush, settle }: LaneFlush): AppendRecord {
  const { columns } = lane;
  const readTensors = createTensorReader(columns, lane.setting.layout);
  const range: LaneRows = { base: 0, row: 0, count: 0, rows: 0, hasOutputs: true };
  let requests = 0;

  function makeRoom(): void {
    if (lane.rows === batchRows) flush(lane);
    // A batch brings no more texts than it has rows.
    if (lane.rows > 0) return;
    if (columns.dictionaries.every((dictionary) => dictionary === null || dictionary.hasRoom(batchRows))) return;
    settle(lane);
    for (const dictionary of columns.dictionaries) if (dictionary?.hasRoom(batchRows) === false) dictionary.clear();
  }

  return ({ log, fields, places, at, latencyMs }) => {
    const erased = readErasedRows(log, fields);
    const extra = columns.fields.length === 0 ? null : readExtra(log, fields);
    const isFallback = fields.status === fallback;
    requests++;
    range.rows = Math.max(1, fields.rows);
    range.hasOutputs = !isFallback;
    for (let row = 0; row < range.rows; row += range.count) {
      makeRoom();
      range.row = row;
      range.count = erased === null ? Math.min(range.rows - row, batchRows - lane.rows) : 1;
      if (erased?.has(row)) continue;
      range.base = lane.rows;
      readTensors(log, places, range);
      if (extra !== null) readFields(columns, extra, range);
      for (let to = range.base; to < range.base + range.count; to++) {
        lane.at[to] = at;
        lane.request[to] = requests;
        lane.latency[to] = latencyMs;
        lane.isFallback[to] = isFallback ? 1 : 0;
      }
      lane.rows += range.count;
    }
  };
}

type Extra = readonly (Readonly<Record<string, unknown>> | null)[];

/** Of each row; @throws SyntaxError */
function readExtra({ bytes }: LogBytes, { extra }: RecordFields): Extra {
  if (extra.from < 0) return [];
  const list: unknown = JSON.parse(bytes.toString("utf8", extra.from, extra.to));
  return Array.isArray(list) ? (list as Extra) : [];
}

/** A field that a row does not have is missing. */
function readFields(columns: LaneColumns, extra: Extra, { base, row, count }: LaneRows): void {
  for (const place of columns.fields) {
    const name = columns.names[place] as string;
    const numbers = columns.numbers[place];
    const codes = columns.codes[place];
    for (let i = 0; i < count; i++) {
      const value = extra[row + i]?.[name] ?? null;
      if (numbers) numbers[base + i] = typeof value === "number" ? value : Number.NaN;
      else if (codes) codes[base + i] = value === null ? missingCode : codeOf(columns, place, value);
    }
  }
}

function codeOf(columns: LaneColumns, place: number, value: unknown): number {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return columns.dictionaries[place]?.codeOfText(text) ?? missingCode;
}
