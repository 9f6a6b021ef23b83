import { type RecordStatus, inferenceRecord, longLength, readUuid, recordVersion, statuses, tags } from "./format.ts";
import type { Durations, InferenceRecord, RawBody } from "./record.ts";
import { readTensorBlock } from "./tensor-block.ts";

/** Everything but tensors and the bytes of a raw body. */
export type RecordHeader = Omit<InferenceRecord, "inputs" | "outputs" | "rawBody"> & {
  readonly rawBody?: Omit<RawBody, "bytes">;
};

/** Whether a payload is an inference this version can decode. Others are passed over by readers. */
export function isInference(payload: Buffer): boolean {
  return payload[0] === inferenceRecord && payload[1] === recordVersion;
}

/**
 * Walks the fields of a payload: `visit(tag, from, to)` with the bytes of the value; false stops.
 * Returns where the tensors begin. @throws RangeError where the fields are cut short.
 */
export function walkFields(payload: Buffer, visit: (tag: number, from: number, to: number) => boolean | void): number {
  const end = 6 + payload.readUInt32LE(2);
  let at = 6;
  while (at < end) {
    const tag = payload[at] as number;
    let length = payload.readUInt16LE(at + 1);
    at += 3;
    if (length === longLength) {
      length = payload.readUInt32LE(at);
      at += 4;
    }
    if (at + length > end) throw new RangeError("The header of the record is cut short.");
    if (visit(tag, at, at + length) === false) break;
    at += length;
  }
  return end;
}

/** Fields without tensors. Unknown tags are skipped. @throws RangeError for a payload that is no inference record */
export function decodeHeader(payload: Buffer): RecordHeader {
  return decodeFields(payload).header;
}

/** The whole record; tensors may share memory with `payload`. @throws RangeError */
export function decodeRecord(payload: Buffer): InferenceRecord {
  const { header, tensorsAt } = decodeFields(payload);
  const { rawBody, inputs, outputs } = readTensorBlock(payload, tensorsAt);
  const { rawBody: raw, ...fields } = header;
  return { ...fields, ...(raw === undefined ? {} : { rawBody: { ...raw, bytes: rawBody } }), inputs, outputs };
}

/** Microseconds since 1970. */
export function readAt(payload: Buffer, from: number): number {
  return payload.readInt32LE(from + 4) * 0x1_0000_0000 + payload.readUInt32LE(from);
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
interface Keyed {
  readonly row: number;
  readonly key: string;
}

function decodeFields(payload: Buffer): { header: RecordHeader; tensorsAt: number } {
  if (!isInference(payload)) throw new RangeError("This is not an inference record of a version known here.");
  const header: Mutable<RecordHeader> = {
    instance: "",
    epoch: 0,
    endpoint: "",
    revision: null,
    model: null,
    version: null,
    digest: null,
    id: "",
    at: 0,
    status: "ok",
    rows: 0,
    pinned: false,
    face: "",
    durations: { parse: 0, queue: 0, run: 0, total: 0 },
    batchRows: 0,
  };
  const keyed: Keyed[] = [];
  const tensorsAt = walkFields(payload, (tag, from, to) => readField({ payload, tag, from, to, header, keyed }));
  if (keyed.length > 0) {
    // A request that did not parse has no rows and may have a key all the same.
    const keys: (string | null)[] = Array.from({ length: Math.max(1, header.rows) }, () => null);
    for (const { row, key } of keyed) if (row < keys.length) keys[row] = key;
    header.keys = keys;
  }
  return { header, tensorsAt };
}

interface Field {
  readonly payload: Buffer;
  readonly tag: number;
  readonly from: number;
  readonly to: number;
  readonly header: Mutable<RecordHeader>;
  readonly keyed: Keyed[];
}

function readField({ payload, tag, from, to, header, keyed }: Field): void {
  const read = readers[tag];
  if (read !== undefined) read(header, payload, from, to);
  else if (tag === tags.key)
    keyed.push({ row: payload.readUInt32LE(from), key: payload.toString("utf8", from + 4, to) });
}

type Read = (header: Mutable<RecordHeader>, payload: Buffer, from: number, to: number) => void;
const text = (payload: Buffer, from: number, to: number): string => payload.toString("utf8", from, to);

const readers: Readonly<Record<number, Read | undefined>> = {
  [tags.id]: (h, p, from) => (h.id = readUuid(p, from)),
  [tags.at]: (h, p, from) => (h.at = readAt(p, from)),
  [tags.status]: (h, p, from) => (h.status = toStatus(p[from])),
  [tags.rows]: (h, p, from) => (h.rows = p.readUInt32LE(from)),
  [tags.instance]: (h, p, from) => (h.instance = readUuid(p, from)),
  [tags.epoch]: (h, p, from) => (h.epoch = p.readUInt32LE(from)),
  [tags.endpoint]: (h, p, from, to) => (h.endpoint = text(p, from, to)),
  [tags.revision]: (h, p, from) => (h.revision = p.readUInt32LE(from)),
  [tags.model]: (h, p, from, to) => (h.model = text(p, from, to)),
  [tags.version]: (h, p, from) => (h.version = p.readUInt32LE(from)),
  [tags.pinned]: (h, p, from) => (h.pinned = p[from] === 1),
  [tags.face]: (h, p, from, to) => (h.face = text(p, from, to)),
  [tags.trace]: (h, p, from, to) =>
    (h.trace = { traceId: p.toString("hex", from, from + 16), spanId: p.toString("hex", from + 16, to) }),
  [tags.durations]: (h, p, from) => (h.durations = readDurations(p, from)),
  [tags.batchRows]: (h, p, from) => (h.batchRows = p.readUInt32LE(from)),
  [tags.errorCode]: (h, p, from, to) => (h.error = { message: h.error?.message ?? "", code: text(p, from, to) }),
  [tags.errorMessage]: (h, p, from, to) => (h.error = { code: h.error?.code ?? "", message: text(p, from, to) }),
  [tags.requestId]: (h, p, from, to) => (h.requestId = text(p, from, to)),
  [tags.user]: (h, p, from, to) => (h.user = text(p, from, to)),
  [tags.extra]: (h, p, from, to) => (h.extra = JSON.parse(text(p, from, to)) as InferenceRecord["extra"]),
  [tags.digest]: (h, p, from, to) => (h.digest = p.toString("hex", from, to)),
  [tags.rawBody]: (h, p, from, to) =>
    (h.rawBody = { length: p.readUInt32LE(from), contentType: text(p, from + 4, to) }),
  [tags.arm]: (h, p, from, to) => (h.arm = text(p, from, to)),
  [tags.rule]: (h, p, from, to) => (h.rule = text(p, from, to)),
  [tags.propensity]: (h, p, from) => (h.propensity = p.readDoubleLE(from)),
  [tags.shadowOf]: (h, p, from) => (h.shadowOf = { id: readUuid(p, from), row: p.readUInt32LE(from + 16) }),
  [tags.bucket]: (h, p, from) => (h.bucket = p.readUInt32LE(from)),
  [tags.fallback]: (h, p, from, to) => (h.fallback = text(p, from, to)),
  [tags.redacted]: (h, p, from, to) => (h.redacted = JSON.parse(text(p, from, to)) as string[]),
  [tags.erasedRows]: (h, p, from, to) => (h.erasedRows = readList(p, from, to)),
  [tags.erasedMap]: (h, p, from, to) => (h.erasedRows = readMap(p, from, to)),
};

function toStatus(code: number | undefined): RecordStatus {
  return statuses[code ?? 0] ?? "error";
}

function readDurations(payload: Buffer, from: number): Durations {
  return {
    parse: payload.readUInt32LE(from),
    queue: payload.readUInt32LE(from + 4),
    run: payload.readUInt32LE(from + 8),
    total: payload.readUInt32LE(from + 12),
  };
}

function readList(payload: Buffer, from: number, to: number): number[] {
  return Array.from({ length: (to - from) >> 2 }, (_, i) => payload.readUInt32LE(from + 4 * i));
}

/** Row r is bit r mod 8, counted from the lowest, of byte r div 8. */
function readMap(payload: Buffer, from: number, to: number): number[] {
  const rows = Array.from({ length: 8 * (to - from) }, (_, row) => row);
  return rows.filter((row) => ((payload[from + (row >> 3)] as number) >> (row & 7)) & 1);
}
