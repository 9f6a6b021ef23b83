import { isUtf8 } from "node:buffer";
import { SlipwayError } from "@slipway/contract/errors";
import { arrayTypes, elementCount, elementSizes, formatShape, isBytesData } from "../datatype.ts";
import type { Datatype, NumericData, Tensor, TensorData } from "../tensor.ts";

// The raw layout of the Open Inference Protocol: row-major, little-endian, no padding, BOOL one byte, BYTES a u32
// length and the bytes per element. Typed arrays are copied as they lie in memory: Node runs on little-endian only.

/** Up to this many elements are written one by one, which is faster than the view that a block copy needs. */
const fewElements = 8;

/** Bytes that `writeTensorData` will write. */
export function byteLength(tensor: Tensor): number {
  const { data } = tensor;
  if (!isBytesData(data)) return data.byteLength;
  let total = 0;
  for (const element of data) total += 4 + (typeof element === "string" ? utf8Length(element) : element.length);
  return total;
}

/** Writes the elements at `offset` and returns the offset after them. Throws RangeError where the buffer is too short. */
export function writeTensorData(tensor: Tensor, buffer: Buffer, offset: number): number {
  const { data } = tensor;
  if (isBytesData(data)) return writeBytes(data, buffer, offset);
  if (data.length <= fewElements) return writeFew(tensor.datatype, data, buffer, offset);
  buffer.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset);
  return offset + data.byteLength;
}

/**
 * The elements of `shape` in `bytes`, which must hold exactly these. A view of `bytes` where it is aligned, else a copy:
 * the caller must not change `bytes` afterwards. BYTES elements that are UTF-8 become strings, others stay bytes.
 * Throws `invalid_input` that says what was expected; `name` stands in its message.
 */
export function readTensorData(datatype: Datatype, shape: readonly number[], bytes: Uint8Array, name = ""): TensorData {
  const label = `${name === "" ? "Tensor" : `Tensor "${name}"`} (${datatype} ${formatShape(shape)})`;
  const count = elementCount(shape);
  if (datatype === "BYTES") return readBytes(count, bytes, label);
  const expected = count * elementSizes[datatype];
  if (bytes.length !== expected) {
    throw new SlipwayError("invalid_input", `${label}: expected ${expected} bytes, got ${bytes.length}.`, {
      input: name,
      expected,
      got: bytes.length,
    });
  }
  if (datatype === "BOOL") requireBooleans(bytes, label);
  const arrayType = arrayTypes[datatype];
  if (bytes.byteOffset % elementSizes[datatype] === 0) {
    return new arrayType(bytes.buffer as ArrayBuffer, bytes.byteOffset, count);
  }
  return new arrayType(Uint8Array.prototype.slice.call(bytes).buffer, 0, count);
}

function writeFew(datatype: Datatype, data: NumericData, buffer: Buffer, start: number): number {
  let offset = start;
  const numbers = data as Float64Array;
  const integers = data as BigInt64Array;
  for (let i = 0; i < data.length; i++) {
    if (datatype === "FP32") offset = buffer.writeFloatLE(numbers[i]!, offset);
    else if (datatype === "INT64") offset = buffer.writeBigInt64LE(integers[i]!, offset);
    else if (datatype === "FP64") offset = buffer.writeDoubleLE(numbers[i]!, offset);
    else if (datatype === "INT32") offset = buffer.writeInt32LE(numbers[i]!, offset);
    else if (datatype === "UINT64") offset = buffer.writeBigUInt64LE(integers[i]!, offset);
    else if (datatype === "UINT32") offset = buffer.writeUInt32LE(numbers[i]!, offset);
    else if (datatype === "INT16") offset = buffer.writeInt16LE(numbers[i]!, offset);
    else if (datatype === "INT8") offset = buffer.writeInt8(numbers[i]!, offset);
    else if (datatype === "FP16" || datatype === "UINT16") offset = buffer.writeUInt16LE(numbers[i]!, offset);
    else offset = buffer.writeUInt8(numbers[i]!, offset);
  }
  return offset;
}

function writeBytes(data: readonly (string | Uint8Array)[], buffer: Buffer, start: number): number {
  let offset = start;
  for (const element of data) {
    const length = typeof element === "string" ? utf8Length(element) : element.length;
    // Buffer.write cuts what does not fit without a word.
    if (offset + 4 + length > buffer.length) throw new RangeError("The buffer is too short for the tensor.");
    offset = buffer.writeUInt32LE(length, offset);
    if (typeof element !== "string") buffer.set(element, offset);
    else if (length === element.length && length <= 24) {
      for (let i = 0; i < length; i++) buffer[offset + i] = element.charCodeAt(i);
    } else buffer.write(element, offset, length, "utf8");
    offset += length;
  }
  return offset;
}

/** As Buffer.byteLength, without its call for the short plain words that most categories are. */
function utf8Length(text: string): number {
  if (text.length > 24) return Buffer.byteLength(text);
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return Buffer.byteLength(text);
  return text.length;
}

function readBytes(count: number, bytes: Uint8Array, label: string): TensorData {
  const fail = (why: string) =>
    new SlipwayError("invalid_input", `${label}: ${why}. Each element is a u32 length, little-endian, and its bytes.`);
  if (count * 4 > bytes.length) throw fail(`expected at least ${count * 4} bytes, got ${bytes.length}`);
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const data: (string | Uint8Array)[] = new Array(count);
  let offset = 0;
  for (let i = 0; i < count; i++) {
    if (offset + 4 > buffer.length)
      throw fail(`element ${i} starts at byte ${offset}, after the end at ${buffer.length}`);
    const end = offset + 4 + buffer.readUInt32LE(offset);
    if (end > buffer.length) throw fail(`element ${i} ends at byte ${end}, after the end at ${buffer.length}`);
    const element = buffer.subarray(offset + 4, end);
    data[i] = isUtf8(element) ? element.toString("utf8") : new Uint8Array(element);
    offset = end;
  }
  if (offset !== buffer.length)
    throw fail(`${count} elements end at byte ${offset}, but ${buffer.length} bytes were given`);
  return data;
}

function requireBooleans(bytes: Uint8Array, label: string): void {
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i]! > 1)
      throw new SlipwayError("invalid_input", `${label}: element ${i} is ${bytes[i]}, expected 0 or 1.`);
  }
}
