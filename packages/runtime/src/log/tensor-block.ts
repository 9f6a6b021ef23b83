import { readTensorData, writeTensorData } from "../codec/binary.ts";
import { type Tensor, datatypes } from "../tensor.ts";
import { type Sink, writeText } from "./sink.ts";

/** The part of a record after its fields: input count u16, output count u16, raw body length u32, raw body, tensors. */
export interface TensorBlock {
  readonly rawBody: Buffer;
  readonly inputs: Tensor[];
  readonly outputs: Tensor[];
}

const codes = Object.fromEntries(datatypes.map((datatype, index) => [datatype, index])) as Record<
  Tensor["datatype"],
  number
>;

/** At most so many bytes does `writeTensor` write. */
export function tensorBound(tensor: Tensor): number {
  const head = 3 * tensor.name.length + 4 * tensor.shape.length + 8;
  const data = tensor.data;
  if (ArrayBuffer.isView(data)) return head + data.byteLength;
  let bytes = 4 * data.length;
  for (const element of data) bytes += typeof element === "string" ? 3 * element.length : element.byteLength;
  return head + bytes;
}

/** Returns the byte after. The sink has room for `tensorBound`. */
export function writeTensor(sink: Sink, at: number, tensor: Tensor): number {
  const { bytes, view } = sink;
  const nameEnd = writeText(bytes, at + 2, tensor.name);
  view.setUint16(at, nameEnd - at - 2, true);
  const rank = tensor.shape.length;
  bytes[nameEnd] = codes[tensor.datatype];
  bytes[nameEnd + 1] = rank;
  at = nameEnd + 2;
  for (let i = 0; i < rank; i++, at += 4) view.setUint32(at, tensor.shape[i] as number, true);
  const end = writeData(sink, at + 4, tensor);
  view.setUint32(at, end - at - 4, true);
  return end;
}

/** One number, which most tensors of a request have, is stored without the checks that any length needs. */
function writeData({ bytes, view }: Sink, at: number, tensor: Tensor): number {
  const { datatype, data } = tensor;
  if (data.length !== 1 || datatype === "BYTES") return writeTensorData(tensor, bytes, at);
  switch (datatype) {
    case "FP32":
      view.setFloat32(at, (data as Float32Array)[0] as number, true);
      return at + 4;
    case "INT64":
      view.setBigInt64(at, (data as BigInt64Array)[0] as bigint, true);
      return at + 8;
    case "FP64":
      view.setFloat64(at, (data as Float64Array)[0] as number, true);
      return at + 8;
    case "INT32":
      view.setInt32(at, (data as Int32Array)[0] as number, true);
      return at + 4;
    default:
      return writeTensorData(tensor, bytes, at);
  }
}

/** @throws RangeError where the bytes are cut short. */
export function readTensorBlock(bytes: Buffer, at: number): TensorBlock {
  const inputCount = bytes.readUInt16LE(at);
  const outputCount = bytes.readUInt16LE(at + 2);
  const rawEnd = at + 8 + bytes.readUInt32LE(at + 4);
  const rawBody = take(bytes, at + 8, rawEnd);
  const inputs: Tensor[] = [];
  const outputs: Tensor[] = [];
  at = rawEnd;
  for (let i = 0; i < inputCount + outputCount; i++) {
    const [tensor, end] = readTensor(bytes, at);
    (i < inputCount ? inputs : outputs).push(tensor);
    at = end;
  }
  return { rawBody, inputs, outputs };
}

function readTensor(bytes: Buffer, at: number): [Tensor, number] {
  const nameEnd = at + 2 + bytes.readUInt16LE(at);
  const name = take(bytes, at + 2, nameEnd).toString();
  const datatype = datatypes[bytes.readUInt8(nameEnd)];
  if (datatype === undefined) throw new RangeError(`Tensor ${name} has a datatype that this version does not know.`);
  const rank = bytes.readUInt8(nameEnd + 1);
  const shape: number[] = [];
  for (let i = 0; i < rank; i++) shape.push(bytes.readUInt32LE(nameEnd + 2 + 4 * i));
  at = nameEnd + 2 + 4 * rank;
  const end = at + 4 + bytes.readUInt32LE(at);
  return [{ name, datatype, shape, data: readTensorData(datatype, shape, take(bytes, at + 4, end)) }, end];
}

function take(bytes: Buffer, from: number, to: number): Buffer {
  if (to > bytes.length) throw new RangeError("The record is cut short.");
  return bytes.subarray(from, to);
}
