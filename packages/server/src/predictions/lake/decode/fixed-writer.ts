import { statuses } from "@slipway/runtime/log";
import {
  type CodedColumn,
  type ColumnBuffer,
  setString,
  setText,
  setValid,
} from "../../../platform/lake/column-buffer.ts";
import { fixedColumns, type FixedColumn } from "../columns.ts";
import type { Chunk, Plan } from "./chunk.ts";
import type { LogBytes } from "./log-source.ts";
import type { RecordFields, Span } from "./record-fields.ts";

const place = Object.fromEntries(fixedColumns.map(({ name }, i) => [name, i])) as Readonly<Record<FixedColumn, number>>;
const statusTexts = statuses.map((status) => Buffer.from(status));

/** Rows of a record that go into a chunk from `base` on: `count` of its `rows`, from `row` on. */
export interface RowRange {
  base: number;
  row: number;
  count: number;
  /** Of the whole record, at least 1. */
  rows: number;
}

/** What of a record is read once and needed for each row. @throws RangeError where it cannot be read */
export interface RowTexts {
  /** JSON of the extra fields of each row; null where there is one row, whose text stands in the log. */
  readonly extra: readonly (string | null)[] | null;
}

/** Looks at all that may be wrong, so that writing cannot fail half-way. */
export function readRowTexts({ bytes }: LogBytes, fields: RecordFields, rows: number): RowTexts {
  if (fields.idFrom < 0) throw new RangeError("The record has no id.");
  const { extra } = fields;
  if (extra.from < 0 || rows === 1) return { extra: null };
  const list: unknown = JSON.parse(bytes.toString("utf8", extra.from, extra.to));
  if (!Array.isArray(list)) throw new RangeError("The extra fields are no list.");
  return { extra: list.map((each) => (each === null ? null : JSON.stringify(each))) };
}

interface FixedRows {
  readonly log: LogBytes;
  readonly fields: RecordFields;
  readonly texts: RowTexts;
  readonly range: RowRange;
}

/** The fixed columns of some rows. */
export function writeFixed(chunk: Chunk, { dictionaries }: Plan, { log, fields, texts, range }: FixedRows): void {
  const { bytes, view } = log;
  const { columns } = chunk;
  const { route, idFrom, atLow, atHigh, durationsFrom, keys } = fields;
  const buffer = (name: FixedColumn) => columns[place[name]] as ColumnBuffer;
  const setCode = (name: FixedColumn, to: number, code: number) => {
    (columns[place[name]] as CodedColumn).codes[to] = code;
  };
  const coded = (name: FixedColumn, to: number, span: Span) => {
    if (span.from >= 0) setCode(name, to, dictionaries[place[name]]!.codeOf(bytes, span.from, span.to));
  };
  const text = (name: FixedColumn, to: number, span: Span) => {
    if (span.from >= 0) setText(buffer(name), to, bytes, span.from, span.to);
  };
  const id0 = view.getUint32(idFrom);
  const id1 = view.getUint32(idFrom + 4);
  const id2 = view.getUint32(idFrom + 8);
  const id3 = view.getUint32(idFrom + 12);
  const id = buffer("id").view;
  const at = buffer("predicted_at").view;
  const model = route.model === null ? -1 : dictionaries[place.model]!.codeOfText(route.model);
  const digest = route.digest === null ? -1 : dictionaries[place.digest]!.codeOfText(route.digest);
  const status = statusTexts[fields.status] ?? statusTexts[1]!;
  const statusCode = dictionaries[place.status]!.codeOf(status as Buffer, 0, status.length);
  for (let i = 0; i < range.count; i++) {
    const to = range.base + i;
    const row = range.row + i;
    setUuid(id, to, id0, id1, id2, id3);
    setNumber(buffer("row"), to, row);
    setNumber(buffer("rows"), to, fields.rows);
    at.setUint32(to * 8, atLow, true);
    at.setInt32(to * 8 + 4, atHigh, true);
    if (model >= 0) setCode("model", to, model);
    if (digest >= 0) setCode("digest", to, digest);
    if (route.version !== null) setNumber(buffer("version"), to, route.version);
    if (route.revision !== null) setNumber(buffer("revision"), to, route.revision);
    setCode("status", to, statusCode);
    buffer("pinned").bytes[to] = fields.pinned;
    coded("face", to, fields.face);
    coded("error_code", to, fields.errorCode);
    text("error_message", to, fields.errorMessage);
    coded("fallback", to, fields.fallback);
    text("user_name", to, fields.user);
    text("request_id", to, fields.requestId);
    if (fields.traceFrom >= 0) writeTrace(buffer("trace_id"), to, log, fields.traceFrom);
    setNumber(buffer("parse_us"), to, durationsFrom < 0 ? 0 : view.getUint32(durationsFrom, true));
    setNumber(buffer("queue_us"), to, durationsFrom < 0 ? 0 : view.getUint32(durationsFrom + 4, true));
    setNumber(buffer("run_us"), to, durationsFrom < 0 ? 0 : view.getUint32(durationsFrom + 8, true));
    setNumber(buffer("total_us"), to, durationsFrom < 0 ? 0 : view.getUint32(durationsFrom + 12, true));
    setNumber(buffer("batch_rows"), to, fields.batchRows);
    writeExtra(buffer("extra"), to, {
      log,
      span: fields.extra,
      text: texts.extra?.[row] ?? null,
      many: range.rows > 1,
    });
    coded("redacted", to, fields.redacted);
  }
  if (keys.length > 0) writeKeys(buffer("key"), log, keys, range);
}

function setNumber(column: ColumnBuffer, to: number, value: number): void {
  column.view.setUint32(to * 4, value, true);
  setValid(column, to);
}

/** DuckDB keeps a UUID as a 128-bit integer whose highest bit is turned round, so that it sorts as a signed one. */
function setUuid(view: DataView, to: number, a: number, b: number, c: number, d: number): void {
  const cell = to * 16;
  view.setUint32(cell, d, true);
  view.setUint32(cell + 4, c, true);
  view.setUint32(cell + 8, b, true);
  view.setUint32(cell + 12, (a ^ 0x8000_0000) >>> 0, true);
}

function writeTrace(column: ColumnBuffer, to: number, { view }: LogBytes, from: number): void {
  const [a, b] = [view.getUint32(from), view.getUint32(from + 4)];
  setUuid(column.view, to, a, b, view.getUint32(from + 8), view.getUint32(from + 12));
  setValid(column, to);
}

interface Extra {
  readonly log: LogBytes;
  readonly span: Span;
  readonly text: string | null;
  readonly many: boolean;
}

/** Of one row: the JSON list of one object without its brackets. */
function writeExtra(column: ColumnBuffer, to: number, { log, span, text, many }: Extra): void {
  if (span.from < 0) return;
  if (many) {
    if (text !== null) setString(column, to, text);
    return;
  }
  if (span.to - span.from > 2 && log.bytes[span.from + 1] === 0x7b)
    setText(column, to, log.bytes, span.from + 1, span.to - 1);
}

function writeKeys(column: ColumnBuffer, { bytes }: LogBytes, keys: readonly number[], range: RowRange): void {
  for (let i = 0; i < keys.length; i += 3) {
    const row = (keys[i] as number) - range.row;
    if (row >= 0 && row < range.count)
      setText(column, range.base + row, bytes, keys[i + 1] as number, keys[i + 2] as number);
  }
}
