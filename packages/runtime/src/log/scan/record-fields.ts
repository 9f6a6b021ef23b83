import { inferenceRecord, longLength, recordVersion, tags } from "../format.ts";
import type { LogBytes } from "./log-source.ts";

/** The fields of a route, which are the same bytes in every record of it. */
export interface Route {
  readonly endpoint: string;
  readonly model: string | null;
  readonly version: number | null;
  readonly digest: string | null;
  readonly revision: number | null;
  /** Null: the traffic was not divided. */
  readonly arm: string | null;
  /** Null: the buckets chose the arm. */
  readonly rule: string | null;
  readonly propensity: number | null;
}

/** A text in the bytes of the log; `from` < 0 where there is none. */
export interface Span {
  from: number;
  to: number;
}

/** Where the fields of one record stand. One object is filled again and again. */
export interface RecordFields {
  route: Route;
  idFrom: number;
  /** Microseconds: low and high word. */
  atLow: number;
  atHigh: number;
  status: number;
  rows: number;
  pinned: number;
  durationsFrom: number;
  batchRows: number;
  traceFrom: number;
  /** Where the id of the request begins that this one repeats for nobody, before the row of it; -1: this one is traffic. */
  shadowFrom: number;
  /** Where its unit fell; -1: no unit decided. */
  bucket: number;
  readonly face: Span;
  readonly errorCode: Span;
  readonly errorMessage: Span;
  readonly fallback: Span;
  readonly user: Span;
  readonly requestId: Span;
  readonly extra: Span;
  readonly redacted: Span;
  /** row, from, to of each key. */
  readonly keys: number[];
  /** Rows that were erased: a list of u32, or a bitmap. */
  readonly erasedRows: Span;
  readonly erasedMap: Span;
  tensorsFrom: number;
}

const nowhere = (): Span => ({ from: -1, to: -1 });
const noRoute: Route = {
  endpoint: "",
  model: null,
  version: null,
  digest: null,
  revision: null,
  arm: null,
  rule: null,
  propensity: null,
};

export function createRecordFields(): RecordFields {
  return {
    route: noRoute,
    idFrom: -1,
    atLow: 0,
    atHigh: 0,
    status: 0,
    rows: 0,
    pinned: 0,
    durationsFrom: -1,
    batchRows: 0,
    traceFrom: -1,
    shadowFrom: -1,
    bucket: -1,
    face: nowhere(),
    errorCode: nowhere(),
    errorMessage: nowhere(),
    fallback: nowhere(),
    user: nowhere(),
    requestId: nowhere(),
    extra: nowhere(),
    redacted: nowhere(),
    keys: [],
    erasedRows: nowhere(),
    erasedMap: nowhere(),
    tensorsFrom: 0,
  };
}

function reset(fields: RecordFields): void {
  fields.idFrom = -1;
  fields.status = 0;
  fields.rows = 0;
  fields.pinned = 0;
  fields.durationsFrom = -1;
  fields.batchRows = 0;
  fields.traceFrom = -1;
  fields.shadowFrom = -1;
  fields.bucket = -1;
  fields.face.from = -1;
  fields.errorCode.from = -1;
  fields.errorMessage.from = -1;
  fields.fallback.from = -1;
  fields.user.from = -1;
  fields.requestId.from = -1;
  fields.extra.from = -1;
  fields.redacted.from = -1;
  fields.erasedRows.from = -1;
  fields.erasedMap.from = -1;
  if (fields.keys.length > 0) fields.keys.length = 0;
}

/** Fills `fields` from a payload; false where it is no inference record of a version known here. @throws RangeError */
export type ReadFields = (log: LogBytes, from: number, to: number, fields: RecordFields) => boolean;

const routeTags: ReadonlySet<number> = new Set([
  tags.instance,
  tags.epoch,
  tags.endpoint,
  tags.revision,
  tags.model,
  tags.version,
  tags.digest,
  tags.arm,
  tags.rule,
  tags.propensity,
]);
const isRouteTag: readonly boolean[] = Array.from({ length: 64 }, (_, tag) => routeTags.has(tag));

/** Routes that are remembered by their bytes; one server has a few at a time. */
const mostRoutes = 64;

interface KnownRoute {
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
  readonly route: Route;
}

export function createFieldReader(): ReadFields {
  const known: KnownRoute[] = [];

  /** Where the other fields begin, behind a route that is known; -1 where it is not. */
  function matchRoute({ view }: LogBytes, from: number, end: number, fields: RecordFields): number {
    for (let i = 0; i < known.length; i++) {
      const { bytes, words, route } = known[i] as KnownRoute;
      const behind = from + bytes.length;
      if (behind > end || !sameWords(view, from, words, bytes)) continue;
      // The few of a split take turns: they may stay where they are.
      if (i > 3) known.unshift(...known.splice(i, 1));
      fields.route = route;
      return behind;
    }
    return -1;
  }

  function learnRoute(log: LogBytes, from: number, end: number, fields: RecordFields): number {
    const { route, to } = readRoute(log, from, end);
    fields.route = route;
    if (to === from) return from;
    const bytes = new Uint8Array(log.bytes.subarray(from, to));
    const words = new Int32Array(bytes.buffer.slice(0, bytes.length & ~3));
    known.unshift({ bytes, words, route });
    if (known.length > mostRoutes) known.pop();
    return to;
  }

  return (log, from, to, fields) => {
    const { bytes, view } = log;
    if (bytes[from] !== inferenceRecord || bytes[from + 1] !== recordVersion) return false;
    const end = from + 6 + view.getUint32(from + 2, true);
    if (end > to) throw new RangeError("The header of the record is cut short.");
    reset(fields);
    let at = matchRoute(log, from + 6, end, fields);
    if (at < 0) at = learnRoute(log, from + 6, end, fields);
    while (at < end) {
      const tag = bytes[at] as number;
      let length = (bytes[at + 1] as number) | ((bytes[at + 2] as number) << 8);
      at += 3;
      if (length === longLength) {
        length = view.getUint32(at, true);
        at += 4;
      }
      if (at + length > end) throw new RangeError("The header of the record is cut short.");
      readField(log, tag, at, at + length, fields);
      at += length;
    }
    fields.tensorsFrom = end;
    return true;
  };
}

function readField({ bytes, view }: LogBytes, tag: number, at: number, to: number, fields: RecordFields): void {
  switch (tag) {
    case tags.id:
      fields.idFrom = at;
      return;
    case tags.at:
      fields.atLow = view.getUint32(at, true);
      fields.atHigh = view.getInt32(at + 4, true);
      return;
    case tags.status:
      fields.status = bytes[at] as number;
      return;
    case tags.rows:
      fields.rows = view.getUint32(at, true);
      return;
    case tags.pinned:
      fields.pinned = bytes[at] === 1 ? 1 : 0;
      return;
    case tags.face:
      return setSpan(fields.face, at, to);
    case tags.durations:
      fields.durationsFrom = at;
      return;
    case tags.batchRows:
      fields.batchRows = view.getUint32(at, true);
      return;
    case tags.key:
      fields.keys.push(view.getUint32(at, true), at + 4, to);
      return;
    case tags.trace:
      fields.traceFrom = at;
      return;
    case tags.shadowOf:
      fields.shadowFrom = at;
      return;
    case tags.bucket:
      fields.bucket = view.getUint32(at, true);
      return;
    case tags.errorCode:
      return setSpan(fields.errorCode, at, to);
    case tags.errorMessage:
      return setSpan(fields.errorMessage, at, to);
    case tags.requestId:
      return setSpan(fields.requestId, at, to);
    case tags.user:
      return setSpan(fields.user, at, to);
    case tags.extra:
      return setSpan(fields.extra, at, to);
    case tags.fallback:
      return setSpan(fields.fallback, at, to);
    case tags.redacted:
      return setSpan(fields.redacted, at, to);
    case tags.erasedRows:
      return setSpan(fields.erasedRows, at, to);
    case tags.erasedMap:
      return setSpan(fields.erasedMap, at, to);
    default:
      readRouteField({ bytes, view }, tag, at, to, fields);
  }
}

/** A route field behind others: readers must not depend on the order. */
function readRouteField({ bytes, view }: LogBytes, tag: number, at: number, to: number, fields: RecordFields): void {
  if (tag === tags.endpoint) fields.route = { ...fields.route, endpoint: bytes.toString("utf8", at, to) };
  else if (tag === tags.model) fields.route = { ...fields.route, model: bytes.toString("utf8", at, to) };
  else if (tag === tags.version) fields.route = { ...fields.route, version: view.getUint32(at, true) };
  else if (tag === tags.revision) fields.route = { ...fields.route, revision: view.getUint32(at, true) };
  else if (tag === tags.digest) fields.route = { ...fields.route, digest: bytes.toString("hex", at, to) };
  else if (tag === tags.arm) fields.route = { ...fields.route, arm: bytes.toString("utf8", at, to) };
  else if (tag === tags.rule) fields.route = { ...fields.route, rule: bytes.toString("utf8", at, to) };
  else if (tag === tags.propensity) fields.route = { ...fields.route, propensity: view.getFloat64(at, true) };
}

/** Rows that were erased on request, written as a list or as a bitmap; null: none. */
export function readErasedRows({ view, bytes }: LogBytes, { erasedRows, erasedMap }: RecordFields): Set<number> | null {
  if (erasedRows.from < 0 && erasedMap.from < 0) return null;
  const rows = new Set<number>();
  for (let at = erasedRows.from; at >= 0 && at + 4 <= erasedRows.to; at += 4) rows.add(view.getUint32(at, true));
  for (let at = erasedMap.from; at >= 0 && at < erasedMap.to; at++)
    for (let bit = 0; bit < 8; bit++) if (((bytes[at] as number) >> bit) & 1) rows.add((at - erasedMap.from) * 8 + bit);
  return rows;
}

function setSpan(span: Span, from: number, to: number): void {
  span.from = from;
  span.to = to;
}

function sameWords(view: DataView, from: number, words: Int32Array, bytes: Uint8Array): boolean {
  for (let i = 0; i < words.length; i++) if (view.getInt32(from + 4 * i, true) !== words[i]) return false;
  for (let i = words.length * 4; i < bytes.length; i++) if (view.getUint8(from + i) !== bytes[i]) return false;
  return true;
}

/** The fields of the route that stand first. */
function readRoute(log: LogBytes, from: number, end: number): { route: Route; to: number } {
  const holder = { ...createRecordFields(), route: noRoute };
  let at = from;
  while (at + 3 <= end) {
    const tag = log.bytes[at] as number;
    const length = log.view.getUint16(at + 1, true);
    if (isRouteTag[tag] !== true || length === longLength || at + 3 + length > end) break;
    readRouteField(log, tag, at + 3, at + 3 + length, holder);
    at += 3 + length;
  }
  return { route: holder.route, to: at };
}
