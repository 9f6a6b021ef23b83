import { isUtf8 } from "node:buffer";
import { arrayTypes } from "../../datatype.ts";
import { ProtoError, ProtoReader, protoTypes } from "../../protobuf/proto-reader.ts";
import type { Datatype, NumericData, TensorData } from "../../tensor.ts";
import { wrongInput } from "../oip-errors.ts";

// InferTensorContents: the elements of a tensor in the one field that its datatype has.

const fieldNames = [
  "",
  "bool_contents",
  "int_contents",
  "int64_contents",
  "uint_contents",
  "uint64_contents",
  "fp32_contents",
  "fp64_contents",
  "bytes_contents",
] as const;

/** 0: it has none and goes raw. */
export const contentsFields: Readonly<Record<Datatype, number>> = {
  BOOL: 1,
  INT8: 2,
  INT16: 2,
  INT32: 2,
  INT64: 3,
  UINT8: 4,
  UINT16: 4,
  UINT32: 4,
  UINT64: 5,
  FP16: 0,
  FP32: 6,
  FP64: 7,
  BYTES: 8,
};

interface Wanted {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shapeText: string;
  readonly count: number;
}

/**
 * The elements out of the messages, exactly as many as the shape has.
 * @throws SlipwayError `invalid_input` where there are more or fewer, in another field or beyond the datatype; ProtoError
 */
export function readContents(messages: readonly Buffer[], wanted: Wanted): TensorData {
  const { name, datatype, count } = wanted;
  const field = contentsFields[datatype];
  if (field === 0)
    throw wrongInput(
      name,
      `has datatype ${datatype}, which goes in raw_input_contents only: no field of "contents" holds it`,
      {},
    );
  const found = countElements(messages, field, wanted);
  if (found !== count)
    throw wrongInput(
      name,
      `has shape ${wanted.shapeText}, which is ${count} elements, but ${fieldNames[field]} has ${found}`,
      {
        expected: count,
        got: found,
      },
    );
  return field === 8 ? readTexts(messages, count) : readNumbers(messages, field, wanted);
}

/** How many elements `field` has; other fields must have none. */
function countElements(messages: readonly Buffer[], field: number, { name, datatype }: Wanted): number {
  let count = 0;
  for (const message of messages) {
    const reader = new ProtoReader(message);
    while (reader.next()) {
      if (reader.field > 8) {
        reader.skip();
        continue;
      }
      const elements = countField(reader);
      if (elements > 0 && reader.field !== field)
        throw wrongInput(
          name,
          `has datatype ${datatype}, so its elements go in ${fieldNames[field]}, but ${fieldNames[reader.field]} came`,
          {},
        );
      count += elements;
    }
  }
  return count;
}

function countField(reader: ProtoReader): number {
  if (reader.type !== protoTypes.bytes || reader.field === 8) {
    if (reader.field === 8) reader.view();
    else reader.skip();
    return 1;
  }
  const view = reader.view();
  const width = reader.field === 6 ? 4 : reader.field === 7 ? 8 : 0;
  if (width > 0) {
    if (view.length % width !== 0) throw new ProtoError(`field ${reader.field} holds no whole number of elements`);
    return view.length / width;
  }
  let count = 0;
  for (let i = 0; i < view.length; i++) if (view[i]! < 0x80) count++;
  return count;
}

function readTexts(messages: readonly Buffer[], count: number): TensorData {
  const data: (string | Uint8Array)[] = new Array(count);
  let at = 0;
  for (const message of messages) {
    const reader = new ProtoReader(message);
    while (reader.next()) {
      if (reader.field !== 8) {
        reader.skip();
        continue;
      }
      const view = reader.view();
      data[at++] = isUtf8(view) ? view.toString("utf8") : new Uint8Array(view);
    }
  }
  return data;
}

function readNumbers(messages: readonly Buffer[], field: number, { name, datatype, count }: Wanted): NumericData {
  const data: NumericData = new arrayTypes[datatype as Exclude<Datatype, "BYTES">](count);
  const width = data.BYTES_PER_ELEMENT;
  const write = createWriter(data, { name, datatype });
  let at = 0;
  for (const message of messages) {
    const reader = new ProtoReader(message);
    while (reader.next()) {
      if (reader.field !== field) reader.skip();
      else if (field >= 6) {
        // Fixed width lies here as it lies in memory: Node runs on little-endian only.
        const view = reader.type === protoTypes.bytes ? reader.view() : readFixed(reader, width);
        new Uint8Array(data.buffer).set(view, at * width);
        at += view.length / width;
      } else if (reader.type === protoTypes.varint) write(at++, reader.varint(), reader.high);
      else {
        const outer = reader.enter();
        while (reader.more()) write(at++, reader.varint(), reader.high);
        reader.leave(outer);
      }
    }
  }
  return data;
}

type WriteVarint = (at: number, low: number, high: number) => void;

function createWriter(data: NumericData, { name, datatype }: Pick<Wanted, "name" | "datatype">): WriteVarint {
  if (datatype === "INT64" || datatype === "UINT64") {
    const halves = new Uint32Array(data.buffer);
    return (at, low, high) => {
      halves[2 * at] = low;
      halves[2 * at + 1] = high;
    };
  }
  const numbers = data as Int32Array;
  if (datatype === "BOOL") return (at, low, high) => void (numbers[at] = low === 0 && high === 0 ? 0 : 1);
  const signed = datatype.startsWith("INT");
  return (at, low) => {
    const value = signed ? low | 0 : low;
    numbers[at] = value;
    if (numbers[at] === value) return;
    throw wrongInput(name, `has ${value} at element ${at}, which ${datatype} cannot hold`, { got: String(value) });
  };
}

function readFixed(reader: ProtoReader, width: number): Buffer {
  if (reader.type !== (width === 4 ? protoTypes.fixed32 : protoTypes.fixed64))
    throw new ProtoError(`field ${reader.field} has wire type ${reader.type}`);
  const start = reader.at;
  reader.skip();
  return reader.bytes.subarray(start, reader.at);
}
