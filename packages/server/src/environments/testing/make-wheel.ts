import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";

export interface WheelContent {
  readonly name: string;
  readonly version: string;
  /** As metadata has them: "other>=1". */
  readonly requires?: readonly string[];
  readonly requiresPython?: string;
}

export interface Wheel {
  readonly file: string;
  readonly data: Buffer;
  readonly sha256: string;
  /** What an index tells of it beside the file. */
  readonly metadata: string;
}

/** A wheel with a module of the package's name, which says its version. */
export function makeWheel({ name, version, requires = [], requiresPython }: WheelContent): Wheel {
  const info = `${name}-${version}.dist-info`;
  const metadata = [
    "Metadata-Version: 2.1",
    `Name: ${name}`,
    `Version: ${version}`,
    ...(requiresPython === undefined ? [] : [`Requires-Python: ${requiresPython}`]),
    ...requires.map((each) => `Requires-Dist: ${each}`),
  ];
  const files: [string, string][] = [
    [`${name}/__init__.py`, `__version__ = ${JSON.stringify(version)}\n`],
    [`${name}/more.py`, `text = ${JSON.stringify("x".repeat(50))}\n`],
    [`${info}/METADATA`, `${metadata.join("\n")}\n`],
    [`${info}/WHEEL`, "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"],
  ];
  const record = files.map(([path, text]) => {
    const digest = createHash("sha256").update(text).digest("base64url");
    return `${path},sha256=${digest},${text.length}`;
  });
  files.push([`${info}/RECORD`, `${[...record, `${info}/RECORD,,`].join("\n")}\n`]);
  const data = zip(files);
  return {
    file: `${name}-${version}-py3-none-any.whl`,
    data,
    sha256: createHash("sha256").update(data).digest("hex"),
    metadata: `${metadata.join("\n")}\n`,
  };
}

/** An archive without compression. */
function zip(files: readonly (readonly [string, string])[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [path, text] of files) {
    const [name, content] = [Buffer.from(path), Buffer.from(text)];
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(0x21, 8);
    common.writeUInt32LE(crc32(content), 10);
    common.writeUInt32LE(content.length, 14);
    common.writeUInt32LE(content.length, 18);
    common.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from("PK\x03\x04"), common, name, content]);
    const tail = Buffer.alloc(14);
    // A regular file that all may read.
    tail.writeUInt32LE((0o100644 << 16) >>> 0, 6);
    tail.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([Buffer.from("PK\x01\x02\x14\x03"), common, tail, name]));
    parts.push(local);
    offset += local.length;
  }
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(files.length, 4);
  end.writeUInt16LE(files.length, 6);
  end.writeUInt32LE(listed.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...parts, listed, Buffer.from("PK\x05\x06"), end]);
}
