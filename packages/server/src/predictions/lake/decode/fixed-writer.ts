import type { LogBytes, RecordFields, Route, Span } from "@slipway/runtime/log";
import {
  type CodedColumn,
  type ColumnBuffer,
  noText,
  setString,
  setText,
  setValid,
} from "../../../platform/lake/column-buffer.ts";
import { place } from "../columns.ts";
import type { Chunk, Plan } from "./chunk.ts";
import type { Dictionary } from "./dictionary.ts";

// Numbers that the compiler knows: they are used for every prediction there is.
const [idAt, rowAt, rowsAt, timeAt] = [place.id, place.row, place.rows, place.predicted_at];
const [modelAt, versionAt, digestAt, revisionAt] = [place.model, place.version, place.digest, place.revision];
const [statusAt, pinnedAt, faceAt, keyAt] = [place.status, place.pinned, place.face, place.key];
const [errorCodeAt, errorMessageAt, fallbackAt] = [place.error_code, place.error_message, place.fallback];
const [userAt, requestAt, traceAt, extraAt] = [place.user_name, place.request_id, place.trace_id, place.extra];
const [parseAt, queueAt, runAt, totalAt] = [place.parse_us, place.queue_us, place.run_us, place.total_us];
const [batchAt, redactedAt] = [place.batch_rows, place.redacted];
const [armAt, ruleAt, propensityAt] = [place.arm, place.rule, place.propensity];
const [bucketAt, shadowAt] = [place.bucket, place.shadow_of];

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

const noTexts: RowTexts = { extra: null };

/** Looks at all that may be wrong, so that writing cannot fail half-way. */
export function readRowTexts({ bytes }: LogBytes, fields: RecordFields, rows: number): RowTexts {
  if (fields.idFrom < 0) throw new RangeError("The record has no id.");
  const { extra } = fields;
  if (extra.from < 0 || rows === 1) return noTexts;
  const list: unknown = JSON.parse(bytes.toString("utf8", extra.from, extra.to));
  if (!Array.isArray(list)) throw new RangeError("The extra fields are no list.");
  return { extra: list.map((each) => (each === null ? null : JSON.stringify(each))) };
}

/** What of a record goes into some rows of a chunk. One object is filled again and again. */
export interface FixedRows {
  log: LogBytes;
  fields: RecordFields;
  texts: RowTexts;
  range: RowRange;
}

/** Writes the fixed columns of some rows. */
export type WriteFixed = (chunk: Chunk, rows: FixedRows) => void;

export function createFixedWriter({ dictionaries }: Plan): WriteFixed {
  const dictionary = (at: number) => dictionaries[at] as Dictionary;
  const [models, digests] = [dictionary(modelAt), dictionary(digestAt)];
  const [faces, errorCodes] = [dictionary(faceAt), dictionary(errorCodeAt)];
  const [fallbacks, redactions] = [dictionary(fallbackAt), dictionary(redactedAt)];
  const [arms, rules] = [dictionary(armAt), dictionary(ruleAt)];
  let route: Route | null = null;
  let model = noText;
  let digest = noText;
  let arm = noText;
  let rule = noText;

  function writeRow({ columns }: Chunk, to: number, { log, fields, texts, range }: FixedRows): void {
    const { bytes, view } = log;
    const { idFrom, durationsFrom } = fields;
    const row = range.row + to - range.base;
    const buffers = columns as readonly ColumnBuffer[];
    const coded = columns as readonly CodedColumn[];
    setUuid(buffers[idAt] as ColumnBuffer, to, view, idFrom);
    (buffers[rowAt] as ColumnBuffer).words[to] = row;
    (buffers[rowsAt] as ColumnBuffer).words[to] = fields.rows;
    const time = (buffers[timeAt] as ColumnBuffer).words;
    time[to * 2] = fields.atLow;
    time[to * 2 + 1] = fields.atHigh;
    (coded[modelAt] as CodedColumn).codes[to] = model;
    (coded[digestAt] as CodedColumn).codes[to] = digest;
    (coded[armAt] as CodedColumn).codes[to] = arm;
    (coded[ruleAt] as CodedColumn).codes[to] = rule;
    const { version, revision, propensity } = fields.route;
    if (version !== null) setNumber(buffers[versionAt] as ColumnBuffer, to, version);
    if (revision !== null) setNumber(buffers[revisionAt] as ColumnBuffer, to, revision);
    if (propensity !== null) {
      (buffers[propensityAt] as ColumnBuffer).view.setFloat64(to * 8, propensity, true);
      setValid(buffers[propensityAt] as ColumnBuffer, to);
    }
    if (fields.bucket >= 0) setNumber(buffers[bucketAt] as ColumnBuffer, to, fields.bucket);
    (coded[statusAt] as CodedColumn).codes[to] = fields.status < 3 ? fields.status : 1;
    (buffers[pinnedAt] as ColumnBuffer).bytes[to] = fields.pinned;
    (coded[faceAt] as CodedColumn).codes[to] = codeOf(faces, bytes, fields.face);
    (buffers[parseAt] as ColumnBuffer).words[to] = durationsFrom < 0 ? 0 : view.getUint32(durationsFrom, true);
    (buffers[queueAt] as ColumnBuffer).words[to] = durationsFrom < 0 ? 0 : view.getUint32(durationsFrom + 4, true);
    (buffers[runAt] as ColumnBuffer).words[to] = durationsFrom < 0 ? 0 : view.getUint32(durationsFrom + 8, true);
    (buffers[totalAt] as ColumnBuffer).words[to] = durationsFrom < 0 ? 0 : view.getUint32(durationsFrom + 12, true);
    (buffers[batchAt] as ColumnBuffer).words[to] = fields.batchRows;
    if (fields.errorCode.from >= 0)
      (coded[errorCodeAt] as CodedColumn).codes[to] = codeOf(errorCodes, bytes, fields.errorCode);
    if (fields.fallback.from >= 0)
      (coded[fallbackAt] as CodedColumn).codes[to] = codeOf(fallbacks, bytes, fields.fallback);
    if (fields.redacted.from >= 0)
      (coded[redactedAt] as CodedColumn).codes[to] = codeOf(redactions, bytes, fields.redacted);
    writeText(buffers[errorMessageAt] as ColumnBuffer, to, bytes, fields.errorMessage);
    writeText(buffers[userAt] as ColumnBuffer, to, bytes, fields.user);
    writeText(buffers[requestAt] as ColumnBuffer, to, bytes, fields.requestId);
    if (fields.traceFrom >= 0) {
      setUuid(buffers[traceAt] as ColumnBuffer, to, view, fields.traceFrom);
      setValid(buffers[traceAt] as ColumnBuffer, to);
    }
    if (fields.shadowFrom >= 0) {
      setUuid(buffers[shadowAt] as ColumnBuffer, to, view, fields.shadowFrom);
      setValid(buffers[shadowAt] as ColumnBuffer, to);
    }
    if (fields.extra.from < 0) return;
    const text = texts.extra?.[row] ?? null;
    writeExtra(buffers[extraAt] as ColumnBuffer, to, { log, span: fields.extra, text, many: range.rows > 1 });
  }

  return (chunk, rows) => {
    const { fields, range, log } = rows;
    if (fields.route !== route) {
      route = fields.route;
      model = route.model === null ? noText : models.codeOfText(route.model);
      digest = route.digest === null ? noText : digests.codeOfText(route.digest);
      arm = route.arm === null ? noText : arms.codeOfText(route.arm);
      rule = route.rule === null ? noText : rules.codeOfText(route.rule);
    }
    for (let i = 0; i < range.count; i++) writeRow(chunk, range.base + i, rows);
    if (fields.keys.length > 0) writeKeys(chunk.columns[keyAt] as ColumnBuffer, log, fields.keys, range);
  };
}

function codeOf(dictionary: Dictionary, bytes: Buffer, { from, to }: Span): number {
  return from < 0 ? noText : dictionary.codeOf(bytes, from, to);
}

function writeText(column: ColumnBuffer, to: number, bytes: Buffer, span: Span): void {
  if (span.from >= 0) setText(column, to, bytes, span.from, span.to);
}

function setNumber(column: ColumnBuffer, to: number, value: number): void {
  column.words[to] = value;
  setValid(column, to);
}

/** DuckDB keeps a UUID as a 128-bit integer whose highest bit is turned round, so that it sorts as a signed one. */
function setUuid({ words }: ColumnBuffer, to: number, view: DataView, from: number): void {
  words[to * 4] = view.getUint32(from + 12);
  words[to * 4 + 1] = view.getUint32(from + 8);
  words[to * 4 + 2] = view.getUint32(from + 4);
  words[to * 4 + 3] = view.getUint32(from) ^ 0x8000_0000;
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
