import { elementSizes } from "./element-sizes.ts";
import type { LogBytes } from "./log-source.ts";

/** Where the tensors of one record stand. One object is filled again and again. */
export interface TensorPlaces {
  count: number;
  /** The first so many are inputs. */
  inputs: number;
  nameFrom: Int32Array;
  nameTo: Int32Array;
  /** Index in `datatypes`. */
  datatype: Uint8Array;
  /** The first dimension; 1 of a scalar. */
  first: Int32Array;
  elements: Int32Array;
  dataFrom: Int32Array;
  dataTo: Int32Array;
}

export function createTensorPlaces(): TensorPlaces {
  return { count: 0, inputs: 0, ...arrays(64) };
}

function arrays(length: number): Omit<TensorPlaces, "count" | "inputs"> {
  return {
    nameFrom: new Int32Array(length),
    nameTo: new Int32Array(length),
    datatype: new Uint8Array(length),
    first: new Int32Array(length),
    elements: new Int32Array(length),
    dataFrom: new Int32Array(length),
    dataTo: new Int32Array(length),
  };
}

/** Finds the tensors and holds their sizes against their shapes, so that whoever reads them need not. @throws RangeError */
export function readTensorPlaces({ bytes, view }: LogBytes, from: number, to: number, places: TensorPlaces): void {
  if (from + 8 > to) throw new RangeError("The record is cut short.");
  places.inputs = view.getUint16(from, true);
  const count = places.inputs + view.getUint16(from + 2, true);
  places.count = count;
  if (count > places.first.length) Object.assign(places, arrays(2 * count));
  let at = from + 8 + view.getUint32(from + 4, true);
  for (let i = 0; i < count; i++) {
    if (at + 2 > to) throw new RangeError("The record is cut short.");
    places.nameFrom[i] = at + 2;
    at += 2 + view.getUint16(at, true);
    places.nameTo[i] = at;
    const datatype = bytes[at] as number;
    const rank = bytes[at + 1] as number;
    if (at + 6 + 4 * rank > to) throw new RangeError("The record is cut short.");
    places.datatype[i] = datatype;
    at += 2;
    let elements = 1;
    for (let d = 0; d < rank; d++) {
      const dim = view.getUint32(at + 4 * d, true);
      if (d === 0) places.first[i] = dim;
      elements *= dim;
    }
    if (rank === 0) places.first[i] = 1;
    at += 4 * rank + 4;
    const length = view.getUint32(at - 4, true);
    if (at + length > to) throw new RangeError("The record is cut short.");
    const size = elementSizes[datatype];
    if (size === undefined || (size > 0 ? length !== elements * size : !isTextBlock(view, at, at + length, elements)))
      throw new RangeError("A tensor does not have the bytes of its shape.");
    places.elements[i] = elements;
    places.dataFrom[i] = at;
    at += length;
    places.dataTo[i] = at;
  }
}

function isTextBlock(view: DataView, from: number, to: number, elements: number): boolean {
  let at = from;
  for (let i = 0; i < elements; i++) {
    if (at + 4 > to) return false;
    at += 4 + view.getUint32(at, true);
  }
  return at === to;
}
