import { byteLength, readTensorData, writeTensorData } from "../codec/binary.ts";
import { datatypes, type Datatype, type Tensor } from "../tensor.ts";

/**
 * What a server and the remote end of a replica say to each other, described for others in docs/reference/model-process.md.
 * Never renumber a kind; new ones go to the end.
 */
export const frameKinds = { open: 1, ready: 2, unopened: 3, run: 4, outputs: 5, failed: 6, close: 7 } as const;
/** Byte 5 of every frame; an end that speaks another one is refused. */
const protocolVersion = 1;
export type FrameKind = keyof typeof frameKinds;

export interface Frame {
  readonly kind: FrameKind;
  /** Of the run that it asks for or answers; 0 elsewhere. */
  readonly id: number;
  /** JSON of all that is no tensor; empty in `run` and `outputs`. */
  readonly text: string;
  readonly tensors: readonly Tensor[];
}

/** Has its ArrayBuffer to itself where it is a whole frame. */
export type FrameBytes = Uint8Array<ArrayBuffer>;

/** It came from the other end and is no frame. */
export class FrameError extends Error {
  override readonly name = "FrameError";
}

/** Bytes before the text. */
export const frameHead = 16;
/** Frames and tensors begin at multiples of it, so that every datatype can be read where it lies. */
const alignment = 8;
const mostBytes = 2 ** 32 - alignment;

const kindsByNumber: ReadonlyMap<number, FrameKind> = new Map(
  Object.entries(frameKinds).map(([kind, number]) => [number, kind as FrameKind]),
);
const codes = Object.fromEntries(datatypes.map((datatype, code) => [datatype, code])) as Record<Datatype, number>;

/** In memory of its own, which may be given away. @throws RangeError beyond 4 GiB */
export function encodeFrame({
  kind,
  id = 0,
  text = "",
  tensors = [],
}: Partial<Frame> & Pick<Frame, "kind">): FrameBytes {
  const textBytes = text === "" ? 0 : Buffer.byteLength(text);
  let heads = frameHead + textBytes;
  // A name has at most three bytes for each of its characters.
  for (const { name, shape } of tensors) heads += 12 + 3 * name.length + 4 * shape.length;
  const dataStart = align(heads);
  const lengths: number[] = new Array(tensors.length);
  let length = dataStart;
  for (let i = 0; i < tensors.length; i++) length += align((lengths[i] = byteLength(tensors[i]!)));
  if (length > mostBytes) throw new RangeError(`A run of ${length} bytes is more than the 4 GiB that a frame holds.`);

  // Zeros that are overwritten anyway would cost more than all the rest of a frame of some 10 KB.
  const bytes = Buffer.allocUnsafeSlow(length);
  bytes.writeUInt32LE(length, 0);
  bytes[4] = frameKinds[kind];
  bytes[5] = protocolVersion;
  bytes.writeUInt16LE(tensors.length, 6);
  bytes.writeUInt32LE(id, 8);
  bytes.writeUInt32LE(textBytes, 12);
  let at = frameHead;
  let dataAt = dataStart;
  if (textBytes > 0) at += bytes.write(text, at, "utf8");
  for (let i = 0; i < tensors.length; i++) {
    at = writeHead(bytes, at, { tensor: tensors[i]!, bytes: lengths[i]!, dataAt });
    // What no field fills tells nothing of what the memory held before.
    const end = writeTensorData(tensors[i]!, bytes, dataAt);
    dataAt += align(lengths[i]!);
    bytes.fill(0, end, dataAt);
  }
  bytes.fill(0, at, dataStart);
  return bytes;
}

function writeHead(bytes: Buffer, start: number, place: { tensor: Tensor; bytes: number; dataAt: number }): number {
  const { name, shape, datatype } = place.tensor;
  const nameBytes = bytes.write(name, start + 2, "utf8");
  if (nameBytes > 65_535) throw new RangeError("The name of a tensor is longer than 65,535 bytes.");
  bytes.writeUInt16LE(nameBytes, start);
  let at = start + 2 + nameBytes;
  bytes[at] = codes[datatype];
  bytes[at + 1] = shape.length;
  at += 2;
  for (let i = 0; i < shape.length; i++) at = bytes.writeUInt32LE(shape[i]!, at);
  return bytes.writeUInt32LE(place.dataAt, bytes.writeUInt32LE(place.bytes, at));
}

/**
 * The tensors are views of `bytes`, which must begin at a multiple of 8 of its memory or they are copies.
 * @throws FrameError
 */
export function decodeFrame(bytes: FrameBytes): Frame {
  try {
    return decode(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  } catch (error) {
    if (error instanceof FrameError) throw error;
    throw new FrameError((error as Error).message);
  }
}

function decode(bytes: Buffer): Frame {
  if (bytes.length < frameHead || readFrameLength(bytes) !== bytes.length) throw new FrameError("It is cut.");
  const kind = kindsByNumber.get(bytes[4]!)!;
  const count = bytes.readUInt16LE(6);
  const textBytes = bytes.readUInt32LE(12);
  const text = textBytes === 0 ? "" : take(bytes, frameHead, textBytes).toString("utf8");
  const tensors: Tensor[] = new Array(count);
  let at = frameHead + textBytes;
  for (let i = 0; i < count; i++) {
    const nameEnd = at + 2 + bytes.readUInt16LE(at);
    const name = bytes.toString("utf8", at + 2, nameEnd);
    const datatype = datatypes[bytes.readUInt8(nameEnd)];
    if (datatype === undefined) throw new FrameError(`There is no datatype ${bytes[nameEnd]}.`);
    const rank = bytes.readUInt8(nameEnd + 1);
    at = nameEnd + 2;
    const shape: number[] = new Array(rank);
    for (let d = 0; d < rank; d++, at += 4) shape[d] = bytes.readUInt32LE(at);
    const data = take(bytes, bytes.readUInt32LE(at + 4), bytes.readUInt32LE(at));
    at += 8;
    tensors[i] = { name, datatype, shape, data: readTensorData(datatype, shape, data, name) };
  }
  return { kind, id: bytes.readUInt32LE(8), text, tensors };
}

function take(bytes: Buffer, from: number, length: number): Buffer {
  if (from + length > bytes.length) throw new FrameError(`It ends at byte ${bytes.length}, in the middle of a field.`);
  return bytes.subarray(from, from + length);
}

/** Of the frame that begins with these bytes, of which there are at least `frameHead`. @throws FrameError */
export function readFrameLength(head: Uint8Array): number {
  const length = head[0]! + head[1]! * 2 ** 8 + head[2]! * 2 ** 16 + head[3]! * 2 ** 24;
  if (!kindsByNumber.has(head[4]!) || length < frameHead || length % alignment !== 0)
    throw new FrameError("These bytes are no frame.");
  if (head[5] !== protocolVersion)
    throw new FrameError(`It speaks version ${head[5]} of the protocol, not ${protocolVersion}.`);
  return length;
}

function align(bytes: number): number {
  return Math.ceil(bytes / alignment) * alignment;
}
