import {
  datatypeCodes,
  elementBytes,
  fromHalfBits,
  type LogBytes,
  type TensorHead,
  type TensorPlaces,
} from "@slipway/runtime/log";
import {
  type CodedColumn,
  type ColumnBuffer,
  setText,
  setValid,
  startList,
} from "../../../platform/lake/column-buffer.ts";
import type { TensorColumns } from "../columns.ts";
import type { Chunk, Plan } from "./chunk.ts";
import type { RowRange } from "./fixed-writer.ts";

/** What the tensor at one place of a record was the last time; records of a signature have the same ones. */
interface Expected {
  readonly head: TensorHead;
  readonly isInput: boolean;
  /** Null: it has no column. */
  readonly target: TensorColumns | null;
  /** Of an output with classes. */
  readonly codes: readonly number[] | undefined;
}

/** Writes the inputs and outputs of some rows of a record into a chunk. What does not fit its column is null there. */
export type WriteTensors = (chunk: Chunk, log: LogBytes, places: TensorPlaces, range: RowRange) => void;

export function createTensorWriter({ columns, dictionaries }: Plan): WriteTensors {
  const expected: Expected[] = [];
  const { batched, tensors } = columns;
  const source: Source = {
    log: { bytes: Buffer.alloc(0), view: new DataView(new ArrayBuffer(0)) },
    datatype: 0,
    from: 0,
    width: 0,
  };
  const classCodes = new Map(
    tensors
      .filter((tensor) => tensor.classes.length > 0)
      .map((tensor) => [tensor, tensor.classes.map((name) => dictionaries[tensor.at]!.codeOfText(name))]),
  );

  function find(head: TensorHead, i: number, isInput: boolean): Expected {
    const side = isInput ? "input" : "output";
    const target = tensors.find(
      (one) => one.side === side && one.tensor === head.name && datatypeCodes[one.datatype] === head.datatype,
    );
    const found = { head, isInput, target: target ?? null, codes: target && classCodes.get(target) };
    expected[i] = found;
    return found;
  }

  return (chunk, log, places, range) => {
    source.log = log;
    for (let i = 0; i < places.count; i++) {
      const head = places.heads[i] as TensorHead;
      const isInput = i < places.inputs;
      let known = expected[i];
      if (known === undefined || known.head !== head || known.isInput !== isInput) known = find(head, i, isInput);
      const { target, codes } = known;
      if (target === null || (batched && head.first !== range.rows)) continue;
      source.datatype = head.datatype;
      source.from = places.dataFrom[i] as number;
      source.width = batched ? head.elements / range.rows : head.elements;
      if (codes !== undefined) writeClasses(chunk, { source, target, codes, range });
      else if (target.form === "columns") writeMatrix(chunk, source, target, range);
      else writeValue(chunk.columns[target.at] as ColumnBuffer, source, target.missing, range);
    }
  };
}

/** One object is filled again and again. */
interface Source {
  log: LogBytes;
  datatype: number;
  from: number;
  /** Elements of a row. */
  width: number;
}

function writeValue(column: ColumnBuffer, source: Source, missing: boolean, range: RowRange): void {
  const { width, datatype } = source;
  if (datatype === datatypeCodes.BYTES) writeTexts(column, source, missing, range);
  else if (column.child !== null) {
    for (let i = 0; i < range.count; i++) {
      const to = startList(column, range.base + i, width);
      const elements = { base: to, row: 0, count: width, rows: width };
      const at = source.from + (range.row + i) * width * (elementBytes[datatype] as number);
      copyElements(column.child, { ...source, from: at }, false, elements);
    }
  } else if (width === 1) copyElements(column, source, missing, range);
}

/** One element a row, in the layout that both sides have. */
function copyElements(column: ColumnBuffer, source: Source, missing: boolean, range: RowRange): void {
  const { datatype } = source;
  const { view } = source.log;
  const target = column.view;
  const size = elementBytes[datatype] as number;
  let from = source.from + range.row * size;
  for (let i = 0; i < range.count; i++, from += size) {
    const to = range.base + i;
    if (datatype === datatypeCodes.FP32) {
      const value = view.getFloat32(from, true);
      if (missing && value !== value) continue;
      target.setFloat32(to * 4, value, true);
    } else if (datatype === datatypeCodes.FP64) {
      const value = view.getFloat64(from, true);
      if (missing && value !== value) continue;
      target.setFloat64(to * 8, value, true);
    } else if (datatype === datatypeCodes.FP16) {
      const value = fromHalfBits(view.getUint16(from, true));
      if (missing && value !== value) continue;
      target.setFloat32(to * 4, value, true);
    } else if (size === 8) {
      target.setUint32(to * 8, view.getUint32(from, true), true);
      target.setUint32(to * 8 + 4, view.getUint32(from + 4, true), true);
    } else if (size === 4) target.setUint32(to * 4, view.getUint32(from, true), true);
    else if (size === 2) target.setUint16(to * 2, view.getUint16(from, true), true);
    else target.setUint8(to, view.getUint8(from));
    setValid(column, to);
  }
}

/** As `missingText` of the runtime: no UTF-8 text begins with it. */
const missingByte = 0xff;

function writeTexts(column: ColumnBuffer, { log, from, width }: Source, missing: boolean, range: RowRange): void {
  const { bytes, view } = log;
  if (column.child === null && width !== 1) return;
  let at = from;
  for (let i = 0; i < range.row * width; i++) at += 4 + view.getUint32(at, true);
  for (let i = 0; i < range.count; i++) {
    const row = range.base + i;
    const first = column.child === null ? row : startList(column, row, width);
    for (let k = 0; k < width; k++) {
      const end = at + 4 + view.getUint32(at, true);
      const isMissing = missing && column.child === null && end === at + 5 && bytes[at + 4] === missingByte;
      if (!isMissing) setText(column.child ?? column, first + k, bytes, at + 4, end);
      at = end;
    }
  }
}

/** A matrix of all columns, which the caller sent instead of them. */
function writeMatrix(chunk: Chunk, source: Source, target: TensorColumns, range: RowRange): void {
  if (source.width !== target.count) return;
  for (let i = 0; i < range.count; i++)
    for (let k = 0; k < target.count; k++) {
      const value = numberAt(source, (range.row + i) * source.width + k);
      const column = chunk.columns[target.at + k] as ColumnBuffer;
      if (column.child === null && value === value) setNumberOf(column, range.base + i, value);
    }
}

function setNumberOf(column: ColumnBuffer, to: number, value: number): void {
  const { view } = column;
  const whole = Number.isFinite(value) ? Math.trunc(value) : 0;
  switch (column.spec.type) {
    case "DOUBLE":
      view.setFloat64(to * 8, value, true);
      break;
    case "FLOAT":
      view.setFloat32(to * 4, value, true);
      break;
    case "BIGINT":
    case "UBIGINT":
      view.setBigInt64(to * 8, BigInt.asIntN(64, BigInt(whole)), true);
      break;
    case "INTEGER":
    case "UINTEGER":
      view.setInt32(to * 4, whole | 0, true);
      break;
    case "SMALLINT":
    case "USMALLINT":
      view.setInt16(to * 2, whole, true);
      break;
    default:
      view.setInt8(to, whole);
  }
  setValid(column, to);
}

/** A float or a small integer; 64 bits lose what a double cannot hold. */
function numberAt({ log: { view }, datatype, from }: Source, index: number): number {
  switch (datatype) {
    case datatypeCodes.FP32:
      return view.getFloat32(from + index * 4, true);
    case datatypeCodes.FP64:
      return view.getFloat64(from + index * 8, true);
    case datatypeCodes.FP16:
      return fromHalfBits(view.getUint16(from + index * 2, true));
    case datatypeCodes.INT64:
    case datatypeCodes.UINT64:
      return Number(view.getBigInt64(from + index * 8, true));
    case datatypeCodes.INT32:
      return view.getInt32(from + index * 4, true);
    case datatypeCodes.UINT32:
      return view.getUint32(from + index * 4, true);
    case datatypeCodes.INT16:
      return view.getInt16(from + index * 2, true);
    case datatypeCodes.UINT16:
      return view.getUint16(from + index * 2, true);
    case datatypeCodes.INT8:
      return view.getInt8(from + index);
    default:
      return view.getUint8(from + index);
  }
}

interface Classes {
  readonly source: Source;
  readonly target: TensorColumns;
  readonly codes: readonly number[];
  readonly range: RowRange;
}

/** The class as callers see it, and the probability of each. */
function writeClasses(chunk: Chunk, { source, target, codes, range }: Classes): void {
  const { form, at } = target;
  const { codes: chosen } = chunk.columns[at] as CodedColumn;
  const count = target.classes.length;
  if (source.width !== (form === "probabilities" ? count : 1)) return;
  for (let i = 0; i < range.count; i++) {
    const to = range.base + i;
    const first = (range.row + i) * source.width;
    if (form === "index") {
      const code = codes[numberAt(source, first)];
      if (code !== undefined) chosen[to] = code;
      continue;
    }
    let best = -1;
    let most = Number.NEGATIVE_INFINITY;
    let isFinite = true;
    for (let k = 0; k < count; k++) {
      const value = form === "binary" ? binary(numberAt(source, first), k) : numberAt(source, first + k);
      const column = chunk.columns[at + 1 + k] as ColumnBuffer;
      setNumberOf(column, to, value);
      if (value - value !== 0) isFinite = false;
      if (value <= most) continue;
      most = value;
      best = k;
    }
    // Of two classes the second has to have more than half, as in the answer; rounding must not decide.
    if (form === "binary") best = numberAt(source, first) > 0.5 ? 1 : 0;
    if (isFinite && best >= 0) chosen[to] = codes[best] as number;
  }
}

function binary(second: number, k: number): number {
  return k === 1 ? second : 1 - second;
}
