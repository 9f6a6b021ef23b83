import type { Tensor } from "../tensor.ts";
import {
  type RecordStatus,
  inferenceRecord,
  longLength,
  maxRawBodyBytes,
  recordVersion,
  statuses,
  tags,
  writeHex,
  writeUuid,
} from "./format.ts";
import { type Sink, createSink, reserve, writeText } from "./sink.ts";
import { tensorBound, writeTensor } from "./tensor-block.ts";

/** What stays the same for every request of a route. Null: not known when the request failed. */
export interface RouteFields {
  /** UUIDv7 of the server's start. */
  readonly instance: string;
  /** Of the routing snapshot, u32. */
  readonly epoch: number;
  readonly endpoint: string;
  readonly revision: number | null;
  readonly model: string | null;
  readonly version: number | null;
  /** SHA-256 of the version, 64 hex digits. */
  readonly digest: string | null;
  /** Which side of a split; left out: the traffic was not divided. */
  readonly arm?: string | undefined;
  /** The rule that sent it there; left out: the buckets did. */
  readonly rule?: string | undefined;
  /** How probable the arm was, above 0 to 1; left out: the traffic was not divided. */
  readonly propensity?: number | undefined;
}

/** Microseconds, each up to 71 minutes. `total` ends where the record is appended. */
export interface Durations {
  readonly parse: number;
  readonly queue: number;
  readonly run: number;
  readonly total: number;
}

/** The body of a request that did not parse. Left out where the endpoint redacts anything. */
export interface RawBody {
  readonly contentType: string;
  /** Bytes as they came; `bytes` holds at most the first 64 KiB of them. */
  readonly length: number;
  readonly bytes: Uint8Array;
}

/** One request, whatever its number of rows. What is redacted is gone before it gets here (`redactTensors`). */
export interface RequestFields {
  /** UUIDv7 made at arrival. Its time leads to the segments that may hold it. */
  readonly id: string;
  /** Wall clock at arrival, microseconds. */
  readonly at: number;
  readonly status: RecordStatus;
  /** Predictions in this request; 0 where it did not parse. */
  readonly rows: number;
  /** The caller named the version. */
  readonly pinned: boolean;
  /** Protocol: `predict`, `oip`. */
  readonly face: string;
  /** The caller's own key of each row. */
  readonly keys?: readonly (string | null)[] | undefined;
  /** Hex: 32 and 16 digits. */
  readonly trace?: { readonly traceId: string; readonly spanId: string } | undefined;
  readonly durations: Durations;
  /** Rows of the run that this request was part of. */
  readonly batchRows: number;
  readonly error?: { readonly code: string; readonly message: string } | undefined;
  /** The caller's id of the request. */
  readonly requestId?: string | undefined;
  readonly user?: string | undefined;
  /** Named record fields that are no inputs, of each row. JSON-safe. */
  readonly extra?: readonly (Readonly<Record<string, unknown>> | null)[] | undefined;
  /** What answered instead. */
  readonly fallback?: string | undefined;
  /** Inputs whose values were taken out. */
  readonly redacted?: readonly string[] | undefined;
  readonly rawBody?: RawBody | undefined;
  /** The request that this one repeats for nobody, and the first of its rows: no traffic, but what another version would have said. */
  readonly shadowOf?: { readonly id: string; readonly row: number } | undefined;
  /** Where the unit of the request fell, of 10,000; left out: no unit decided. */
  readonly bucket?: number | undefined;
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
}

/** What is appended: `route` is made once by `encodeRoute`. */
export interface NewRecord extends RequestFields {
  readonly route: Uint8Array;
}

/** What is read back. */
export interface InferenceRecord extends RouteFields, RequestFields {
  /** Rows that were erased on request, ascending: their keys and extra fields are null, their values zeros and empty texts. */
  readonly erasedRows?: readonly number[];
}

function lengthOf(...texts: readonly (string | null | undefined)[]): number {
  return texts.reduce((sum, text) => sum + (text?.length ?? 0), 0);
}

/** The fields of a route as one block, copied into every record of it. @throws TypeError for a bad UUID or digest */
export function encodeRoute(route: RouteFields): Uint8Array {
  const sink = createSink(256 + 3 * lengthOf(route.endpoint, route.model, route.arm, route.rule));
  const { bytes, view } = sink;
  let at = writeUuid(bytes, fieldHead(sink, 0, tags.instance, 16), route.instance);
  at = u32Field(sink, at, tags.epoch, route.epoch);
  at = textField(sink, at, tags.endpoint, route.endpoint);
  if (route.revision !== null) at = u32Field(sink, at, tags.revision, route.revision);
  if (route.model !== null) at = textField(sink, at, tags.model, route.model);
  if (route.version !== null) at = u32Field(sink, at, tags.version, route.version);
  if (route.arm !== undefined) at = textField(sink, at, tags.arm, route.arm);
  if (route.rule !== undefined) at = textField(sink, at, tags.rule, route.rule);
  if (route.propensity !== undefined) {
    const from = fieldHead(sink, at, tags.propensity, 8);
    view.setFloat64(from, route.propensity, true);
    at = from + 8;
  }
  if (route.digest !== null) {
    const end = writeHex(bytes, at + 3, route.digest);
    if (end - at - 3 !== 32) throw new TypeError(`${JSON.stringify(route.digest)} is not a SHA-256`);
    bytes[at] = tags.digest;
    view.setUint16(at + 1, 32, true);
    at = end;
  }
  return Uint8Array.prototype.slice.call(bytes, 0, at);
}

/**
 * Appends the payload of one record to the sink, straight from the request: this runs once a request.
 * @throws TypeError for an id or trace that is not hexadecimal; the sink's length is then as before.
 */
export function encodeRecord(record: NewRecord, sink: Sink): void {
  const { inputs, outputs, rawBody } = record;
  const extra = record.extra === undefined ? undefined : JSON.stringify(record.extra);
  const redacted = record.redacted === undefined ? undefined : JSON.stringify(record.redacted);
  let bound = 256 + record.route.length + fieldsBound(record, extra, redacted);
  for (let i = 0; i < inputs.length; i++) bound += tensorBound(inputs[i] as Tensor);
  for (let i = 0; i < outputs.length; i++) bound += tensorBound(outputs[i] as Tensor);
  reserve(sink, bound);

  const { bytes, view, length: start } = sink;
  bytes[start] = inferenceRecord;
  bytes[start + 1] = recordVersion;
  let at = start + 6;
  bytes.set(record.route, at);
  at = writeFixed(record, sink, at + record.route.length);
  at = writeOptional(record, sink, at);
  if (extra !== undefined) at = textField(sink, at, tags.extra, extra);
  if (redacted !== undefined) at = textField(sink, at, tags.redacted, redacted);
  view.setUint32(start + 2, at - start - 6, true);

  const rawLength = rawBody === undefined ? 0 : Math.min(rawBody.bytes.length, maxRawBodyBytes);
  view.setUint16(at, inputs.length, true);
  view.setUint16(at + 2, outputs.length, true);
  view.setUint32(at + 4, rawLength, true);
  at += 8;
  if (rawBody !== undefined && rawLength > 0) {
    bytes.set(rawBody.bytes.subarray(0, rawLength), at);
    at += rawLength;
  }
  for (let i = 0; i < inputs.length; i++) at = writeTensor(sink, at, inputs[i] as Tensor);
  for (let i = 0; i < outputs.length; i++) at = writeTensor(sink, at, outputs[i] as Tensor);
  sink.length = at;
}

/**
 * Takes the values of the named inputs out, before anything is encoded. A placeholder keeps name and datatype, with
 * shape [0] and no elements; `redacted` are the names that were there.
 */
export function redactTensors(
  inputs: readonly Tensor[],
  names: ReadonlySet<string>,
): { inputs: readonly Tensor[]; redacted: readonly string[] } {
  const redacted = inputs.filter((tensor) => names.has(tensor.name)).map((tensor) => tensor.name);
  if (redacted.length === 0) return { inputs, redacted };
  return {
    inputs: inputs.map((tensor) =>
      names.has(tensor.name) ? { name: tensor.name, datatype: tensor.datatype, shape: [0], data: [] } : tensor,
    ),
    redacted,
  };
}

function fieldsBound(record: NewRecord, extra: string | undefined, redacted: string | undefined): number {
  let characters = record.face.length + (extra?.length ?? 0) + (redacted?.length ?? 0);
  characters += (record.requestId?.length ?? 0) + (record.user?.length ?? 0) + (record.fallback?.length ?? 0);
  if (record.error !== undefined) characters += record.error.code.length + record.error.message.length;
  let bytes = 0;
  if (record.rawBody !== undefined) {
    characters += record.rawBody.contentType.length;
    bytes += maxRawBodyBytes;
  }
  if (record.keys !== undefined) for (const key of record.keys) bytes += 11 + 3 * (key?.length ?? 0);
  return 3 * characters + bytes;
}

function writeFixed(record: NewRecord, sink: Sink, at: number): number {
  const { bytes, view } = sink;
  at = writeUuid(bytes, fieldHead(sink, at, tags.id, 16), record.id);
  at = fieldHead(sink, at, tags.at, 8);
  view.setUint32(at, record.at >>> 0, true);
  view.setInt32(at + 4, Math.floor(record.at / 0x1_0000_0000), true);
  at = fieldHead(sink, at + 8, tags.status, 1);
  bytes[at++] = statuses.indexOf(record.status);
  at = u32Field(sink, at, tags.rows, record.rows);
  at = fieldHead(sink, at, tags.pinned, 1);
  bytes[at++] = record.pinned ? 1 : 0;
  at = textField(sink, at, tags.face, record.face);
  const { durations } = record;
  at = fieldHead(sink, at, tags.durations, 16);
  view.setUint32(at, durations.parse, true);
  view.setUint32(at + 4, durations.queue, true);
  view.setUint32(at + 8, durations.run, true);
  view.setUint32(at + 12, durations.total, true);
  return u32Field(sink, at + 16, tags.batchRows, record.batchRows);
}

function writeOptional(record: NewRecord, sink: Sink, at: number): number {
  const { keys, trace, error, rawBody } = record;
  if (keys !== undefined)
    for (let row = 0; row < keys.length; row++) {
      const key = keys[row];
      if (key !== null && key !== undefined) at = prefixedTextField(sink, at, tags.key, row, key);
    }
  if (trace !== undefined) {
    if (trace.traceId.length !== 32 || trace.spanId.length !== 16) throw new TypeError("A trace has 32 and 16 digits");
    at = writeHex(sink.bytes, fieldHead(sink, at, tags.trace, 24), trace.traceId);
    at = writeHex(sink.bytes, at, trace.spanId);
  }
  if (error !== undefined) {
    at = textField(sink, at, tags.errorCode, error.code);
    at = textField(sink, at, tags.errorMessage, error.message);
  }
  if (record.requestId !== undefined) at = textField(sink, at, tags.requestId, record.requestId);
  if (record.user !== undefined) at = textField(sink, at, tags.user, record.user);
  if (record.fallback !== undefined) at = textField(sink, at, tags.fallback, record.fallback);
  if (record.shadowOf !== undefined) {
    at = writeUuid(sink.bytes, fieldHead(sink, at, tags.shadowOf, 20), record.shadowOf.id);
    sink.view.setUint32(at, record.shadowOf.row, true);
    at += 4;
  }
  if (record.bucket !== undefined) at = u32Field(sink, at, tags.bucket, record.bucket);
  if (rawBody !== undefined) at = prefixedTextField(sink, at, tags.rawBody, rawBody.length, rawBody.contentType);
  return at;
}

/** Tag and length of a field whose length is known; returns where its value begins. */
function fieldHead({ bytes, view }: Sink, at: number, tag: number, length: number): number {
  bytes[at] = tag;
  view.setUint16(at + 1, length, true);
  return at + 3;
}

function u32Field(sink: Sink, at: number, tag: number, value: number): number {
  const from = fieldHead(sink, at, tag, 4);
  sink.view.setUint32(from, value, true);
  return from + 4;
}

function textField(sink: Sink, at: number, tag: number, text: string): number {
  if (text.length * 3 >= longLength) return longTextField(sink, at, tag, text);
  const end = writeText(sink.bytes, at + 3, text);
  fieldHead(sink, at, tag, end - at - 3);
  return end;
}

function longTextField(sink: Sink, at: number, tag: number, text: string): number {
  const end = writeText(sink.bytes, at + 7, text);
  fieldHead(sink, at, tag, longLength);
  sink.view.setUint32(at + 3, end - at - 7, true);
  return end;
}

/** A u32, then text. */
function prefixedTextField(sink: Sink, at: number, tag: number, prefix: number, text: string): number {
  const long = text.length * 3 + 4 >= longLength;
  const from = long ? at + 7 : at + 3;
  sink.view.setUint32(from, prefix, true);
  const end = writeText(sink.bytes, from + 4, text);
  fieldHead(sink, at, tag, long ? longLength : end - from);
  if (long) sink.view.setUint32(at + 3, end - from, true);
  return end;
}
