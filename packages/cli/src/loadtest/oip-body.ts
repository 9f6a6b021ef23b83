import type { ModelVersion } from "@slipway/contract";
import { UsageError } from "../exit-codes.ts";
import type { RecordJson } from "../records.ts";

type Signature = ModelVersion["signature"];

export interface OipBody {
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Buffer;
}

interface Column {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly values: readonly unknown[];
}

/** Records as a request of the Open Inference Protocol: JSON, or with the tensors as bytes behind it (Triton's extension). */
export function toOipBody(signature: Signature, records: readonly RecordJson[], binary: boolean): OipBody {
  const columns = signature.packed === null ? toColumns(signature, records) : [toMatrix(signature, records)];
  if (!binary) {
    const inputs = columns.map(({ values, ...column }) => ({ ...column, data: values.map(toJsonValue) }));
    return { headers: {}, bytes: Buffer.from(JSON.stringify({ inputs })) };
  }
  const parts = columns.map((column) => encode(column));
  const inputs = columns.map(({ name, datatype, shape }, i) => {
    const parameters = { binary_data_size: parts[i]!.length };
    return { name, datatype, shape, parameters };
  });
  const head = Buffer.from(JSON.stringify({ inputs, parameters: { binary_data_output: true } }));
  return {
    headers: {
      "content-type": "application/octet-stream",
      "inference-header-content-length": String(head.length),
    },
    bytes: Buffer.concat([head, ...parts]),
  };
}

function toMatrix({ inputs, packed }: Signature, records: readonly RecordJson[]): Column {
  const values = records.flatMap((record) => inputs.map(({ name }) => record[name]));
  return { name: packed!.tensor, datatype: packed!.datatype, shape: [records.length, inputs.length], values };
}

function toColumns({ inputs, batched }: Signature, records: readonly RecordJson[]): Column[] {
  if (!batched && records.length !== 1)
    throw new UsageError(
      "This model takes one record a request, since its inputs have no dimension of rows: leave out --batch.",
    );
  return inputs.map(({ name, datatype, shape }) => {
    const first = records[0]?.[name];
    const measured = shapeOf(first);
    const inner = batched ? shape.slice(1) : shape;
    const sizes = inner.map((size, i) => (size >= 0 ? size : (measured[i] ?? 1)));
    const values = records.flatMap((record) => flatten(record[name]));
    return { name, datatype, shape: batched ? [records.length, ...sizes] : sizes, values };
  });
}

function shapeOf(value: unknown): number[] {
  return Array.isArray(value) ? [value.length, ...shapeOf(value[0])] : [];
}

function flatten(value: unknown): unknown[] {
  return Array.isArray(value) ? (value as unknown[]).flat(Number.POSITIVE_INFINITY) : [value];
}

function toJsonValue(value: unknown): unknown {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  return value ?? null;
}

type Write = (view: DataView, at: number, value: unknown) => void;

const integer = (value: unknown): number => (value === null || value === undefined ? 0 : Number(value));
const float = (value: unknown): number => (value === null || value === undefined ? Number.NaN : Number(value));
const big = (value: unknown): bigint => BigInt(typeof value === "number" ? Math.trunc(value) : String(value ?? 0));

/** Little-endian, bytes an element. */
const writers: Readonly<Record<string, readonly [size: number, write: Write]>> = {
  BOOL: [1, (view, at, value) => view.setUint8(at, value === true || value === 1 ? 1 : 0)],
  UINT8: [1, (view, at, value) => view.setUint8(at, integer(value))],
  INT8: [1, (view, at, value) => view.setInt8(at, integer(value))],
  UINT16: [2, (view, at, value) => view.setUint16(at, integer(value), true)],
  INT16: [2, (view, at, value) => view.setInt16(at, integer(value), true)],
  UINT32: [4, (view, at, value) => view.setUint32(at, integer(value), true)],
  INT32: [4, (view, at, value) => view.setInt32(at, integer(value), true)],
  UINT64: [8, (view, at, value) => view.setBigUint64(at, BigInt.asUintN(64, big(value)), true)],
  INT64: [8, (view, at, value) => view.setBigInt64(at, BigInt.asIntN(64, big(value)), true)],
  FP32: [4, (view, at, value) => view.setFloat32(at, float(value), true)],
  FP64: [8, (view, at, value) => view.setFloat64(at, float(value), true)],
};

function encode({ name, datatype, values }: Column): Buffer {
  if (datatype === "BYTES") return Buffer.concat(values.map(encodeText));
  const writer = writers[datatype];
  if (writer === undefined)
    throw new UsageError(
      `${name} is ${datatype}, which --face oip-binary cannot make of records: use --face oip or predict.`,
    );
  const [size, write] = writer;
  const bytes = Buffer.alloc(size * values.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (const [i, value] of values.entries()) write(view, i * size, value);
  return bytes;
}

function encodeText(value: unknown): Buffer {
  const base64 = typeof value === "object" && value !== null ? (value as { b64?: unknown }).b64 : undefined;
  const bytes = typeof base64 === "string" ? Buffer.from(base64, "base64") : Buffer.from(String(value ?? ""));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  return Buffer.concat([length, bytes]);
}
