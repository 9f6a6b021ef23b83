import { datatypeCodes, type LogBytes, type TensorHead, type TensorPlaces } from "@slipway/runtime/log";
import { missingCode } from "../column-batch.ts";
import { createClassReader } from "./class-reader.ts";
import { type LaneColumns, setAbsent } from "./lane-columns.ts";
import type { LakeColumns } from "./messages.ts";
import { readNumbers } from "./read-numbers.ts";
import type { LaneRows, ReadTensor, TensorColumns, TensorSource } from "./tensor-source.ts";
import type { TextCodes } from "./text-codes.ts";

/** Reads the inputs and outputs of some rows of a record into the columns of a lane; what it does not have is absent. */
export type ReadTensors = (log: LogBytes, places: TensorPlaces, rows: LaneRows) => void;

/** What the tensor at one place of a record was the last time; records of a version have the same ones. */
interface Tied {
  readonly head: TensorHead;
  readonly isInput: boolean;
  /** Null: it has no column in a profile. */
  readonly read: ReadTensor | null;
  /** Places of its columns in the lane. */
  readonly targets: readonly number[];
  /** Of a single 32-bit float: where it goes. What most tensors are is done without a call. */
  readonly floats: Float64Array | null;
}

export function createTensorReader(columns: LaneColumns, layout: LakeColumns): ReadTensors {
  const { batched } = layout;
  const tie = createTie(columns, layout);
  const tied: Tied[] = [];
  /** Of the columns: the number of the record that wrote it last. */
  const written = new Float64Array(columns.names.length);
  const source: TensorSource = { ...nothing };
  let records = 0;

  return (log, places, rows) => {
    records++;
    source.log = log;
    source.rows = rows;
    source.count = rows.count;
    let left = written.length;
    for (let i = 0; i < places.count; i++) {
      const head = places.heads[i] as TensorHead;
      const isInput = i < places.inputs;
      let known = tied[i];
      if (known === undefined || known.head !== head || known.isInput !== isInput) known = tied[i] = tie(head, isInput);
      const { read, targets, floats } = known;
      if (floats !== null && rows.rows === 1) {
        if (!isInput && !rows.hasOutputs) continue;
        floats[rows.base] = log.view.getFloat32(places.dataFrom[i] as number, true);
        written[targets[0] as number] = records;
        left--;
        continue;
      }
      if (read === null || (!isInput && !rows.hasOutputs) || (batched && head.first !== rows.rows)) continue;
      source.datatype = head.datatype;
      source.from = places.dataFrom[i] as number;
      source.width = batched ? head.elements / rows.rows : head.elements;
      source.step = source.width;
      source.first = rows.row * source.width;
      if (!read(source)) continue;
      for (let k = 0; k < targets.length; k++) written[targets[k] as number] = records;
      left -= targets.length;
    }
    if (left === 0) return;
    for (let place = 0; place < written.length; place++)
      if (written[place] !== records) setAbsent(columns, place, rows);
  };
}

const noLog: LogBytes = { bytes: Buffer.alloc(0), view: new DataView(new ArrayBuffer(0)) };
const noRows: LaneRows = { base: 0, row: 0, count: 0, rows: 0, hasOutputs: true };
const nothing: TensorSource = { log: noLog, rows: noRows, width: 0, datatype: 0, from: 0, first: 0, step: 0, count: 0 };

/** What is to be done with a tensor. */
function createTie(columns: LaneColumns, { tensors, columns: specs }: LakeColumns) {
  const placeOf = new Map(columns.names.map((name, place) => [name, place]));
  for (const place of columns.fields) placeOf.delete(columns.names[place] as string);

  function toRead(tensor: TensorColumns, head: TensorHead, targets: readonly number[]): ReadTensor {
    if (tensor.form === "columns") return createMatrixReader(columns, targets);
    if (tensor.form !== "value") return createClassReader(columns, tensor, targets);
    const place = targets[0] as number;
    const isText = head.datatype === datatypeCodes.BYTES;
    return isText ? createTextReader(columns, place, tensor.missing) : createValueReader(columns, place);
  }

  return (head: TensorHead, isInput: boolean): Tied => {
    const side = isInput ? "input" : "output";
    const tensor = tensors.find(
      (one) => one.side === side && one.tensor === head.name && datatypeCodes[one.datatype] === head.datatype,
    );
    const targets = Array.from({ length: tensor?.count ?? 0 }, (_, k) => {
      const spec = specs[(tensor as TensorColumns).at + k];
      return spec === undefined || spec.list === true ? -1 : (placeOf.get(spec.name) ?? -1);
    });
    const there = targets.filter((place) => place >= 0);
    if (tensor === undefined || there.length === 0) return { head, isInput, read: null, targets: [], floats: null };
    const isFloat = tensor.form === "value" && tensor.datatype === "FP32" && head.first === 1 && head.elements === 1;
    const floats = isFloat ? (columns.numbers[targets[0] as number] ?? null) : null;
    return { head, isInput, read: toRead(tensor, head, targets), targets: there, floats };
  };
}

/** Numbers of one column: element `first` of the rows and so on. */
export function createColumnReader(columns: LaneColumns, place: number): (source: TensorSource) => void {
  const numbers = columns.numbers[place];
  if (numbers) {
    const into = { target: numbers, base: 0 };
    return (source) => {
      const { base } = source.rows;
      if (source.count === 1 && source.datatype === datatypeCodes.FP32) {
        numbers[base] = source.log.view.getFloat32(source.from + 4 * source.first, true);
        return;
      }
      into.base = base;
      readNumbers(source.log, source, into);
    };
  }
  const codes = columns.codes[place] as Int32Array;
  const dictionary = columns.dictionaries[place] as TextCodes;
  return (source) => {
    const { base, count } = source.rows;
    const isBoolean = source.datatype === datatypeCodes.BOOL;
    const scratch = new Float64Array(count);
    readNumbers(source.log, source, { target: scratch, base: 0 });
    for (let i = 0; i < count; i++) {
      const value = scratch[i] as number;
      codes[base + i] = value === value ? dictionary.codeOfNumber(value, isBoolean) : missingCode;
    }
  };
}

function createValueReader(columns: LaneColumns, place: number): ReadTensor {
  const read = createColumnReader(columns, place);
  return (source) => {
    if (source.width !== 1) return false;
    read(source);
    return true;
  };
}

/** A matrix of all columns, which the caller sent instead of them. */
function createMatrixReader(columns: LaneColumns, targets: readonly number[]): ReadTensor {
  const readers = targets.map((place) => (place < 0 ? null : createColumnReader(columns, place)));
  return (source) => {
    if (source.width !== targets.length) return false;
    const { first } = source;
    for (let k = 0; k < readers.length; k++) {
      source.first = first + k;
      readers[k]?.(source);
    }
    return true;
  };
}

/** As `missingText` of the runtime: no UTF-8 text begins with it. */
const missingByte = 0xff;

function createTextReader(columns: LaneColumns, place: number, missing: boolean): ReadTensor {
  const codes = columns.codes[place];
  const dictionary = columns.dictionaries[place];
  return ({ log, from, width, rows: { base, row, count } }) => {
    // A plan that takes texts for numbers has no codes.
    if (width !== 1 || !codes || !dictionary) return false;
    const { view, bytes } = log;
    let start = from;
    for (let i = 0; i < row; i++) start += 4 + view.getUint32(start, true);
    for (let i = 0; i < count; i++) {
      const end = start + 4 + view.getUint32(start, true);
      const isMissing = missing && end === start + 5 && bytes[start + 4] === missingByte;
      codes[base + i] = isMissing ? missingCode : dictionary.codeOf(log, start + 4, end);
      start = end;
    }
    return true;
  };
}
