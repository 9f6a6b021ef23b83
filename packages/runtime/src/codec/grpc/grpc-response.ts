import { isBytesData } from "../../datatype.ts";
import {
  bigVarintSize,
  fieldSize,
  intSize,
  varintSize,
  writeBigVarint,
  writeHead,
  writeInt,
  writeVarint,
} from "../../protobuf/proto-writer.ts";
import type { NumericData, Tensor } from "../../tensor.ts";
import { byteLength, writeTensorData } from "../binary.ts";
import { contentsFields } from "./grpc-contents.ts";

export interface GrpcResponse {
  readonly modelName: string;
  readonly modelVersion: string;
  /** Empty: the request had none. */
  readonly id: string;
  /** String parameters. */
  readonly parameters: Readonly<Record<string, string>> | null;
  readonly outputs: readonly Tensor[];
  /** The outputs are raw bytes; FP16 has no other form, so where one is, all are. */
  readonly raw: boolean;
}

/** A message in pieces, to be sent one after another; large tensors are the pieces that they lie in, not copied. */
export interface GrpcMessage {
  /** The first one starts with `spareBytes` that belong to whoever sends the message. */
  readonly pieces: readonly Buffer[];
  /** Without the spare bytes. */
  readonly length: number;
}

/** Room for the frame of a message and for the field of a message around it. */
export const spareBytes = 16;

/** From here on a copy costs more than a piece of its own. */
const largeBytes = 64 * 1024;

/** A ModelInferResponse of the Open Inference Protocol. */
export function renderGrpcResponse(response: GrpcResponse): GrpcMessage {
  const { modelName, modelVersion, id, outputs } = response;
  const raw = response.raw || outputs.some(({ datatype }) => datatype === "FP16");
  const parameters = Object.entries(response.parameters ?? {});
  const nameLength = Buffer.byteLength(modelName);
  const idLength = id === "" ? 0 : Buffer.byteLength(id);
  let length =
    fieldSize(1, nameLength) + fieldSize(2, modelVersion.length) + (idLength > 0 ? fieldSize(3, idLength) : 0);
  for (const [key, value] of parameters) length += fieldSize(4, parameterSize(key, value));
  let large = 0;
  const heads: number[] = new Array(outputs.length);
  const contents: number[] = new Array(outputs.length);
  for (let i = 0; i < outputs.length; i++) {
    const tensor = outputs[i]!;
    const size = raw ? byteLength(tensor) : contentsSize(tensor);
    contents[i] = size;
    heads[i] = headSize(tensor) + (raw ? 0 : fieldSize(5, size));
    length += fieldSize(5, heads[i]!);
    if (!raw) continue;
    length += fieldSize(6, size);
    if (isLarge(tensor)) large += size;
  }
  const buffer = Buffer.allocUnsafe(spareBytes + length - large);
  let at = writeText(1, modelName, { buffer, offset: spareBytes }, nameLength);
  at = writeText(2, modelVersion, { buffer, offset: at }, modelVersion.length);
  if (idLength > 0) at = writeText(3, id, { buffer, offset: at }, idLength);
  for (const [key, value] of parameters) at = writeParameter(key, value, { buffer, offset: at });
  for (let i = 0; i < outputs.length; i++) {
    at = writeTensorHead(outputs[i]!, { buffer, offset: writeHead(5, heads[i]!, { buffer, offset: at }) });
    if (!raw) at = writeContents(outputs[i]!, contents[i]!, { buffer, offset: at });
  }
  if (!raw) return { pieces: [buffer], length };
  return { pieces: writeRaw(outputs, contents, { buffer, offset: at }), length };
}

interface At {
  readonly buffer: Buffer;
  readonly offset: number;
}

function isLarge({ data }: Tensor): boolean {
  return !isBytesData(data) && data.byteLength >= largeBytes;
}

function writeRaw(outputs: readonly Tensor[], sizes: readonly number[], { buffer, offset }: At): Buffer[] {
  const pieces: Buffer[] = [];
  let [at, from] = [offset, 0];
  for (let i = 0; i < outputs.length; i++) {
    const tensor = outputs[i]!;
    at = writeHead(6, sizes[i]!, { buffer, offset: at });
    if (!isLarge(tensor)) {
      at = writeTensorData(tensor, buffer, at);
      continue;
    }
    const data = tensor.data as NumericData;
    pieces.push(buffer.subarray(from, at), Buffer.from(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength));
    from = at;
  }
  if (from < at) pieces.push(buffer.subarray(from, at));
  return pieces;
}

function headSize({ name, datatype, shape }: Tensor): number {
  return fieldSize(1, Buffer.byteLength(name)) + fieldSize(2, datatype.length) + fieldSize(3, shapeSize(shape));
}

function shapeSize(shape: readonly number[]): number {
  let size = 0;
  for (let i = 0; i < shape.length; i++) size += varintSize(shape[i]!);
  return size;
}

function writeTensorHead({ name, datatype, shape }: Tensor, { buffer, offset }: At): number {
  let at = writeText(1, name, { buffer, offset }, Buffer.byteLength(name));
  at = writeText(2, datatype, { buffer, offset: at }, datatype.length);
  at = writeHead(3, shapeSize(shape), { buffer, offset: at });
  for (let i = 0; i < shape.length; i++) at = writeVarint(shape[i]!, buffer, at);
  return at;
}

function writeText(field: number, text: string, at: At, length: number): number {
  const start = writeHead(field, length, at);
  if (length !== text.length || length > 32) at.buffer.write(text, start);
  // Plain short words, as nearly all names are: quicker than the call.
  else for (let i = 0; i < length; i++) at.buffer[start + i] = text.charCodeAt(i);
  return start + length;
}

/** An entry of a map whose value is an InferParameter with `string_param`. */
function parameterSize(key: string, value: string): number {
  return fieldSize(1, Buffer.byteLength(key)) + fieldSize(2, fieldSize(3, Buffer.byteLength(value)));
}

function writeParameter(key: string, value: string, { buffer, offset }: At): number {
  let at = writeHead(4, parameterSize(key, value), { buffer, offset });
  at = writeText(1, key, { buffer, offset: at }, Buffer.byteLength(key));
  const length = Buffer.byteLength(value);
  at = writeHead(2, fieldSize(3, length), { buffer, offset: at });
  return writeText(3, value, { buffer, offset: at }, length);
}

/** Bytes of the InferTensorContents of a tensor. */
function contentsSize(tensor: Tensor): number {
  if (tensor.data.length === 0) return 0;
  const field = contentsFields[tensor.datatype];
  if (!isBytesData(tensor.data)) return fieldSize(field, packedSize(tensor));
  let size = 0;
  for (const element of tensor.data) size += fieldSize(field, elementLength(element));
  return size;
}

function packedSize({ datatype, data }: Tensor): number {
  if (datatype === "BOOL") return data.length;
  if (datatype === "FP32" || datatype === "FP64") return (data as NumericData).byteLength;
  let size = 0;
  if (datatype === "INT64" || datatype === "UINT64")
    for (const value of data as BigInt64Array) size += bigVarintSize(BigInt.asUintN(64, value));
  else for (const value of data as Int32Array) size += intSize(value);
  return size;
}

function writeContents(tensor: Tensor, size: number, { buffer, offset }: At): number {
  let at = writeHead(5, size, { buffer, offset });
  const { data, datatype } = tensor;
  if (data.length === 0) return at;
  const field = contentsFields[datatype];
  if (isBytesData(data)) {
    for (const element of data) {
      const start = writeHead(field, elementLength(element), { buffer, offset: at });
      if (typeof element === "string") at = start + buffer.write(element, start);
      else {
        buffer.set(element, start);
        at = start + element.length;
      }
    }
    return at;
  }
  at = writeHead(field, packedSize(tensor), { buffer, offset: at });
  if (datatype === "BOOL" || datatype === "FP32" || datatype === "FP64") return writeTensorData(tensor, buffer, at);
  if (datatype === "INT64" || datatype === "UINT64")
    for (const value of data as BigInt64Array) at = writeBigVarint(BigInt.asUintN(64, value), buffer, at);
  else for (const value of data as Int32Array) at = writeInt(value, buffer, at);
  return at;
}

function elementLength(element: string | Uint8Array): number {
  return typeof element === "string" ? Buffer.byteLength(element) : element.length;
}
