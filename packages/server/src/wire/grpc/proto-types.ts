import { ProtoReader, protoTypes } from "@slipway/runtime";
import { descriptors } from "./descriptors.ts";

// What the compiled .proto files declare.

/** Field types of a FieldDescriptorProto, those that are used. */
export const fieldTypes = {
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

export interface Field {
  readonly name: string;
  readonly number: number;
  readonly type: number;
  readonly repeated: boolean;
  readonly inOneof: boolean;
  /** `.package.Type` of a message or an enum, else "". */
  readonly typeName: string;
}

export interface MessageType {
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

const messageTypes = new Map<string, MessageType>();
/** Of an enum, by its full name: numbers by the names of its values. */
export const enumTypes = new Map<string, ReadonlyMap<string, number>>();
export const protoFiles: readonly ProtoFile[] = descriptors.map((text) => readFile(Buffer.from(text, "base64")));

/** @param name full, with the leading dot */
export function requireType(name: string): MessageType {
  const type = messageTypes.get(name);
  if (type === undefined) throw new Error(`There is no message ${name}.`);
  return type;
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
