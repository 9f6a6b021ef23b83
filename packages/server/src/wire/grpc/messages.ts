import {
  ProtoError,
  ProtoReader,
  fieldSize,
  intSize,
  protoTypes,
  writeHead,
  writeInt,
  writeVarint,
} from "@slipway/runtime";
import { SlipwayError } from "@slipway/contract";
import { toFrame, type Frame } from "../../platform/grpc/index.ts";
import { enumTypes, fieldTypes, requireType, type Field, type MessageType } from "./proto-types.ts";

// All messages but those of ModelInfer, which has its own code: plain objects with the names of the .proto files.

export type Plain = Readonly<Record<string, unknown>>;

/** @param name full, such as `inference.ModelReadyRequest` @throws SlipwayError `invalid_request` */
export function decodeMessage(name: string, bytes: Uint8Array): Plain {
  try {
    const reader = new ProtoReader(bytes);
    return readMessage(reader, requireType(`.${name}`));
  } catch (error) {
    if (!(error instanceof ProtoError)) throw error;
    throw new SlipwayError("invalid_request", `The message is no ${name}: ${error.message}.`);
  }
}

export function encodeMessage(name: string, value: object): Frame {
  const spare = 5;
  const bytes = writeMessage(requireType(`.${name}`), value as Plain);
  return toFrame([Buffer.concat([Buffer.alloc(spare), bytes])], bytes.length, spare);
}

function readMessage(reader: ProtoReader, { fields }: MessageType): Plain {
  const message: Record<string, unknown> = {};
  while (reader.next()) {
    const field = fields.get(reader.field);
    if (field === undefined) reader.skip();
    else if (!field.repeated) message[field.name] = readValue(reader, field);
    else if (field.type !== fieldTypes.message || !requireType(field.typeName).isMapEntry)
      readRepeated(reader, field, message);
    else {
      const { key, value } = readValue(reader, field) as { key?: string; value?: unknown };
      const map = (message[field.name] ??= Object.create(null)) as Record<string, unknown>;
      map[key ?? ""] = value;
    }
  }
  return message;
}

function readRepeated(reader: ProtoReader, field: Field, message: Record<string, unknown>): void {
  const list = (message[field.name] ??= []) as unknown[];
  const isPacked =
    reader.type === protoTypes.bytes &&
    field.type !== fieldTypes.message &&
    field.type !== fieldTypes.string &&
    field.type !== fieldTypes.bytes;
  if (!isPacked) return void list.push(readValue(reader, field));
  const outer = reader.enter();
  // Only whole numbers are ever sent to these methods in lists.
  while (reader.more()) list.push(reader.varint());
  reader.leave(outer);
}

function readValue(reader: ProtoReader, { type, typeName }: Field): unknown {
  switch (type) {
    case fieldTypes.string:
      return reader.text();
    case fieldTypes.bytes:
      return reader.view();
    case fieldTypes.bool:
      return reader.bool();
    case fieldTypes.double:
      return reader.double();
    case fieldTypes.float:
      return reader.float();
    case fieldTypes.int64:
      return reader.int64();
    case fieldTypes.uint64:
      return reader.uint64();
    case fieldTypes.uint32:
      return reader.uint32();
    case fieldTypes.message: {
      const outer = reader.enter();
      const message = readMessage(reader, requireType(typeName));
      reader.leave(outer);
      return message;
    }
    default:
      return reader.int32();
  }
}

function writeMessage({ fields }: MessageType, message: Plain): Buffer {
  const pieces: Buffer[] = [];
  for (const field of fields.values()) {
    const value = message[field.name];
    if (value === undefined || value === null) continue;
    if (!field.repeated) {
      const empty = value === 0 || value === "" || value === false;
      if (!empty || field.inOneof) pieces.push(writeField(field, value));
    } else if (Array.isArray(value)) pieces.push(...writeList(field, value));
    else for (const [key, of] of Object.entries(value)) pieces.push(writeField(field, { key, value: of }));
  }
  return Buffer.concat(pieces);
}

function writeList(field: Field, values: readonly unknown[]): Buffer[] {
  if (values.length === 0) return [];
  if (field.type === fieldTypes.message || field.type === fieldTypes.string || field.type === fieldTypes.bytes)
    return values.map((value) => writeField(field, value));
  const numbers = values as readonly number[];
  const size = numbers.reduce((sum, value) => sum + intSize(value), 0);
  const buffer = Buffer.alloc(fieldSize(field.number, size));
  let at = writeHead(field.number, size, { buffer, offset: 0 });
  for (const value of numbers) at = writeInt(value, buffer, at);
  return [buffer];
}

function writeField({ number, type, typeName }: Field, value: unknown): Buffer {
  switch (type) {
    case fieldTypes.string:
      return writeBytes(number, Buffer.from(value as string));
    case fieldTypes.bytes:
      return writeBytes(number, value as Buffer);
    case fieldTypes.message:
      return writeBytes(number, writeMessage(requireType(typeName), value as Plain));
    case fieldTypes.enum:
      return writeNumber(number, enumTypes.get(typeName)?.get(value as string) ?? 0);
    case fieldTypes.double:
    case fieldTypes.float:
      throw new Error("No message that is sent here has floats.");
    default:
      return writeNumber(number, Number(value));
  }
}

function writeBytes(number: number, bytes: Buffer): Buffer {
  const buffer = Buffer.alloc(fieldSize(number, bytes.length));
  bytes.copy(buffer, writeHead(number, bytes.length, { buffer, offset: 0 }));
  return buffer;
}

function writeNumber(number: number, value: number): Buffer {
  const buffer = Buffer.alloc(intSize(number * 8) + intSize(value));
  writeInt(value, buffer, writeVarint(number * 8, buffer, 0));
  return buffer;
}
