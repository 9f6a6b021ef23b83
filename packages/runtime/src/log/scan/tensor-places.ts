import { elementBytes } from "./element-bytes.ts";
import type { LogBytes } from "./log-source.ts";

/** What stands before the values of a tensor, but for their length: the same bytes in most records of a signature. */
export interface TensorHead {
  readonly bytes: Uint8Array;
  /** The whole words of `bytes`. */
  readonly words: Int32Array;
  readonly name: string;
  /** Index in `datatypes`. */
  readonly datatype: number;
  /** The first dimension; 1 of a scalar. */
  readonly first: number;
  readonly elements: number;
  /** Bytes of the values; -1 of texts, which vary. */
  readonly length: number;
}

/** Where the tensors of one record stand. One object is filled again and again. */
export interface TensorPlaces {
  count: number;
  /** The first so many are inputs. */
  inputs: number;
  /** By the tensor's place, also those of records before, which the next one most likely has, too. */
  readonly heads: TensorHead[];
  readonly dataFrom: number[];
}

export function createTensorPlaces(): TensorPlaces {
  return { count: 0, inputs: 0, heads: [], dataFrom: [] };
}

/** Finds the tensors and holds their sizes against their shapes, so that whoever reads them need not. @throws RangeError */
export function readTensorPlaces(log: LogBytes, from: number, to: number, places: TensorPlaces): void {
  if (from + 8 > to) throw new RangeError("The record is cut short.");
  const { view } = log;
  const { heads, dataFrom } = places;
  places.inputs = view.getUint16(from, true);
  const count = places.inputs + view.getUint16(from + 2, true);
  places.count = count;
  let at = from + 8 + view.getUint32(from + 4, true);
  for (let i = 0; i < count; i++) {
    let head = heads[i];
    if (head === undefined || at + head.bytes.length + 4 > to || !isAt(log, at, head)) {
      head = readHead(log, at, to);
      heads[i] = head;
    }
    at += head.bytes.length + 4;
    const length = view.getUint32(at - 4, true);
    if (at + length > to) throw new RangeError("The record is cut short.");
    if (head.length >= 0 ? length !== head.length : !isTextBlock(view, at, at + length, head.elements))
      throw new RangeError("A tensor does not have the bytes of its shape.");
    dataFrom[i] = at;
    at += length;
  }
}

function isAt({ bytes, view }: LogBytes, at: number, head: TensorHead): boolean {
  const { words } = head;
  for (let i = 0; i < words.length; i++) if (view.getInt32(at + 4 * i, true) !== words[i]) return false;
  for (let i = words.length * 4; i < head.bytes.length; i++) if (bytes[at + i] !== head.bytes[i]) return false;
  return true;
}

function readHead({ bytes, view }: LogBytes, from: number, to: number): TensorHead {
  if (from + 2 > to) throw new RangeError("The record is cut short.");
  const nameTo = from + 2 + view.getUint16(from, true);
  if (nameTo + 2 > to) throw new RangeError("The record is cut short.");
  const rank = bytes[nameTo + 1] as number;
  const end = nameTo + 2 + 4 * rank;
  if (end + 4 > to) throw new RangeError("The record is cut short.");
  const shape = Array.from({ length: rank }, (_, d) => view.getUint32(nameTo + 2 + 4 * d, true));
  const elements = shape.reduce((product, dim) => product * dim, 1);
  const datatype = bytes[nameTo] as number;
  const size = elementBytes[datatype];
  if (size === undefined) throw new RangeError("A tensor has a datatype that is not known here.");
  const copy = new Uint8Array(bytes.subarray(from, end));
  return {
    bytes: copy,
    words: new Int32Array(copy.buffer.slice(0, copy.length & ~3)),
    name: bytes.toString("utf8", from + 2, nameTo),
    datatype,
    first: shape[0] ?? 1,
    elements,
    length: size === 0 ? -1 : elements * size,
  };
}

function isTextBlock(view: DataView, from: number, to: number, elements: number): boolean {
  let at = from;
  for (let i = 0; i < elements; i++) {
    if (at + 4 > to) return false;
    at += 4 + view.getUint32(at, true);
  }
  return at === to;
}
