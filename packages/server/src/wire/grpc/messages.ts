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
import { descriptors } from "./descriptors.ts";

// All messages but those of ModelInfer, which has its own code: plain objects with the names of the .proto files.

/** Field types of a FieldDescriptorProto, those that are used. */
const types = {
  double: 1,
  float: 2,
  int64: 3,
  uint64: 4,
  int32: 5,
  bool: 8,
  string: 9,
  message: 11,
  bytes: 12,
  uint32: 13,
  enum: 14,
} as const;

interface Field {
  readonly name: string;
  readonly number: number;
  readonly type: number;
  readonly repeated: boolean;
  readonly inOneof: boolean;
  /** `.package.Type` of a message or an enum, else "". */
  readonly typeName: string;
}

interface MessageType {
  readonly fields: ReadonlyMap<number, Field>;
  readonly isMapEntry: boolean;
}

/** A .proto file, compiled. */
export interface ProtoFile {
  readonly name: string;
  readonly bytes: Buffer;
  /** Full names, without the leading dot, of services. */
  readonly services: readonly string[];
  /** Full names of everything that is declared in it. */
  readonly symbols: ReadonlySet<string>;
}

export type Plain = Readonly<Record<string, unknown>>;

const messageTypes = new Map<string, MessageType>();
const enumTypes = new Map<string, ReadonlyMap<string, number>>();
export const protoFiles: readonly ProtoFile[] = descriptors.map((text) => readFile(Buffer.from(text, "base64")));

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

function requireType(name: string): MessageType {
  const type = messageTypes.get(name);
  if (type === undefined) throw new Error(`There is no message ${name}.`);
  return type;
}

function readMessage(reader: ProtoReader, { fields }: MessageType): Plain {
  const message: Record<string, unknown> = {};
  while (reader.next()) {
    const field = fields.get(reader.field);
    if (field === undefined) reader.skip();
    else if (!field.repeated) message[field.name] = readValue(reader, field);
    else if (field.type !== types.message || !requireType(field.typeName).isMapEntry)
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
    field.type !== types.message &&
    field.type !== types.string &&
    field.type !== types.bytes;
  if (!isPacked) return void list.push(readValue(reader, field));
  const outer = reader.enter();
  // Only whole numbers are ever sent to these methods in lists.
  while (reader.more()) list.push(reader.varint());
  reader.leave(outer);
}

function readValue(reader: ProtoReader, { type, typeName }: Field): unknown {
  switch (type) {
    case types.string:
      return reader.text();
    case types.bytes:
      return reader.view();
    case types.bool:
      return reader.bool();
    case types.double:
      return reader.double();
    case types.float:
      return reader.float();
    case types.int64:
      return reader.int64();
    case types.uint64:
      return reader.uint64();
    case types.uint32:
      return reader.uint32();
    case types.message: {
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
  if (field.type === types.message || field.type === types.string || field.type === types.bytes)
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
    case types.string:
      return writeBytes(number, Buffer.from(value as string));
    case types.bytes:
      return writeBytes(number, value as Buffer);
    case types.message:
      return writeBytes(number, writeMessage(requireType(typeName), value as Plain));
    case types.enum:
      return writeNumber(number, enumTypes.get(typeName)?.get(value as string) ?? 0);
    case types.double:
    case types.float:
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

/** Of a FileDescriptorProto, whose fields have the numbers below; it declares its types on the way. */
function readFile(bytes: Buffer): ProtoFile {
  const reader = new ProtoReader(bytes);
  let [name, scope] = ["", ""];
  const services: string[] = [];
  const symbols = new Set<string>();
  const later: (() => void)[] = [];
  while (reader.next()) {
    if (reader.field === 1) name = reader.text();
    else if (reader.field === 2) scope = reader.text();
    else if (reader.field === 4 || reader.field === 5 || reader.field === 6) {
      const kind = reader.field;
      const view = reader.view();
      later.push(() => {
        if (kind === 4) readMessageType(view, scope, symbols);
        else if (kind === 5) readEnumType(view, scope, symbols);
        else services.push(readService(view, scope, symbols));
      });
    } else reader.skip();
  }
  for (const read of later) read();
  return { name, bytes, services, symbols };
}

function readMessageType(bytes: Buffer, scope: string, symbols: Set<string>): void {
  const reader = new ProtoReader(bytes);
  let full = scope;
  let isMapEntry = false;
  const fields = new Map<number, Field>();
  while (reader.next()) {
    if (reader.field === 1) full = `${scope}.${reader.text()}`;
    else if (reader.field === 2) {
      const field = readFieldType(reader.view());
      fields.set(field.number, field);
    } else if (reader.field === 3) readMessageType(reader.view(), full, symbols);
    else if (reader.field === 4) readEnumType(reader.view(), full, symbols);
    else if (reader.field === 7) isMapEntry = readMapEntry(reader.view());
    else reader.skip();
  }
  symbols.add(full);
  messageTypes.set(`.${full}`, { fields, isMapEntry });
}

function readFieldType(bytes: Buffer): Field {
  const reader = new ProtoReader(bytes);
  const field = { name: "", number: 0, type: 0, repeated: false, inOneof: false, typeName: "" };
  while (reader.next()) {
    if (reader.field === 1) field.name = reader.text();
    else if (reader.field === 3) field.number = reader.int32();
    else if (reader.field === 4) field.repeated = reader.int32() === 3;
    else if (reader.field === 5) field.type = reader.int32();
    else if (reader.field === 6) field.typeName = reader.text();
    else {
      if (reader.field === 9) field.inOneof = true;
      reader.skip();
    }
  }
  return field;
}

function readMapEntry(bytes: Buffer): boolean {
  const reader = new ProtoReader(bytes);
  let is = false;
  while (reader.next()) {
    if (reader.field === 7) is = reader.bool();
    else reader.skip();
  }
  return is;
}

function readEnumType(bytes: Buffer, scope: string, symbols: Set<string>): void {
  const reader = new ProtoReader(bytes);
  const values = new Map<string, number>();
  while (reader.next()) {
    if (reader.field === 1) {
      const full = `${scope}.${reader.text()}`;
      symbols.add(full);
      enumTypes.set(`.${full}`, values);
    } else if (reader.field === 2) {
      const value = readNamed(reader.view());
      values.set(value.name, value.number);
    } else reader.skip();
  }
}

function readService(bytes: Buffer, scope: string, symbols: Set<string>): string {
  const reader = new ProtoReader(bytes);
  let full = scope;
  const methods: string[] = [];
  while (reader.next()) {
    if (reader.field === 1) full = `${scope}.${reader.text()}`;
    else if (reader.field === 2) methods.push(readNamed(reader.view()).name);
    else reader.skip();
  }
  for (const method of methods) symbols.add(`${full}.${method}`);
  symbols.add(full);
  return full;
}

function readNamed(bytes: Buffer): { name: string; number: number } {
  const reader = new ProtoReader(bytes);
  const named = { name: "", number: 0 };
  while (reader.next()) {
    if (reader.field === 1) named.name = reader.text();
    else if (reader.field === 2 && reader.type === protoTypes.varint) named.number = reader.int32();
    else reader.skip();
  }
  return named;
}
