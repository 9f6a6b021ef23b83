// Compiles the .proto files of the gRPC services to descriptors, which the server reads instead of them; a test says when they are stale.
//   npm run proto          -> packages/server/src/wire/grpc/descriptors.ts
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadSync } from "@grpc/proto-loader";
import descriptor from "protobufjs/ext/descriptor/index.js";
import { root } from "./layer-list.ts";

export const protoFolder = join(root, "packages/server/src/wire/grpc/proto");
export const descriptorsFile = "packages/server/src/wire/grpc/descriptors.ts";

interface FileDescriptor {
  name: string;
  readonly package: string;
  readonly messageType: MessageDescriptor[];
  readonly enumType: readonly { readonly name: string }[];
  readonly service: readonly { readonly method: { inputType: string; outputType: string }[] }[];
}

interface MessageDescriptor {
  name: string;
  readonly options: { readonly mapEntry?: boolean } | null;
  readonly nestedType: MessageDescriptor[];
  readonly enumType: readonly { readonly name: string }[];
  readonly field: { readonly name: string; typeName: string }[];
}

/** One FileDescriptorProto a .proto file, by the name of the file. */
export function compileProtos(): readonly (readonly [file: string, bytes: Buffer])[] {
  const { FileDescriptorProto } = descriptor;
  const files = readdirSync(protoFolder).filter((file) => file.endsWith(".proto"));
  return files.toSorted().map((file) => {
    const types = Object.values(loadSync(join(protoFolder, file), { keepCase: true }));
    const { fileDescriptorProtos } = types.find((type) => "fileDescriptorProtos" in type) as {
      fileDescriptorProtos: Buffer[];
    };
    const [bytes, ...others] = fileDescriptorProtos;
    if (bytes === undefined || others.length > 0) throw new Error(`${file} must not import others.`);
    const decoded = FileDescriptorProto.decode(bytes) as unknown as FileDescriptor;
    decoded.name = file;
    nameMaps(decoded.messageType);
    qualify(decoded);
    return [file, Buffer.from(FileDescriptorProto.encode(decoded as object).finish())] as const;
  });
}

/** The entry of a map has a name that the format prescribes and that protobufjs does not give it; others refuse the file then. */
function nameMaps(messages: readonly MessageDescriptor[]): void {
  for (const { nestedType, field } of messages) {
    for (const entry of nestedType.filter(({ options }) => options?.mapEntry)) {
      const of = field.find(({ typeName }) => typeName === entry.name);
      if (of === undefined) throw new Error(`No field has the entries ${entry.name}.`);
      entry.name = of.typeName = `${entry.name}Entry`;
    }
    nameMaps(nestedType);
  }
}

/** Writes every name of a type from the root on, as protoc does. */
function qualify(file: FileDescriptor): void {
  const known = new Set<string>();
  const scope = `.${file.package}`;
  const list = (messages: readonly MessageDescriptor[], at: string): void => {
    for (const { name, nestedType, enumType } of messages) {
      known.add(`${at}.${name}`);
      for (const each of enumType) known.add(`${at}.${name}.${each.name}`);
      list(nestedType, `${at}.${name}`);
    }
  };
  list(file.messageType, scope);
  for (const { name } of file.enumType) known.add(`${scope}.${name}`);
  const find = (name: string, from: string): string => {
    if (name.startsWith(".")) return name;
    for (let at = from; at !== ""; at = at.slice(0, at.lastIndexOf(".")))
      if (known.has(`${at}.${name}`)) return `${at}.${name}`;
    throw new Error(`There is no type ${name} in ${file.name}.`);
  };
  const change = (messages: readonly MessageDescriptor[], at: string): void => {
    for (const { name, nestedType, field } of messages) {
      for (const each of field) if (each.typeName !== "") each.typeName = find(each.typeName, `${at}.${name}`);
      change(nestedType, `${at}.${name}`);
    }
  };
  change(file.messageType, scope);
  for (const { method } of file.service)
    for (const each of method) {
      each.inputType = find(each.inputType, scope);
      each.outputType = find(each.outputType, scope);
    }
}

export function renderDescriptors(): string {
  const lines = compileProtos().map(([file, bytes]) => `  // ${file}\n  "${bytes.toString("base64")}",`);
  return `// Written by \`npm run proto\` from the .proto files in proto/: change them there.

/** FileDescriptorProtos, in base64. */
export const descriptors: readonly string[] = [
${lines.join("\n")}
];
`;
}

if (import.meta.main) {
  writeFileSync(join(root, descriptorsFile), renderDescriptors());
  console.log(`Wrote ${descriptorsFile}.`);
}
