import { datatypeCodes, type LogBytes, type TensorHead, type TensorPlaces } from "@slipway/runtime/log";
import { absentCode, missingCode } from "../column-batch.ts";
import { batchRows, type LaneColumns, setAbsent } from "./lane-columns.ts";
import type { LakeColumns } from "./messages.ts";
import { readNumbers } from "./read-numbers.ts";
import type { TextCodes } from "./text-codes.ts";

type TensorColumns = LakeColumns["tensors"][number];

/** Rows of a record that go into the columns from `base` on: `count` of its `rows`, from `row` on. */
export interface LaneRows {
  base: number;
  row: number;
  count: number;
  rows: number;
  /** False where what answered was not the model. */
  hasOutputs: boolean;
}

/** Reads the inputs and outputs of some rows of a record into the columns of a lane; what it does not have is absent. */
export type ReadTensors = (log: LogBytes, places: TensorPlaces, rows: LaneRows) => void;

/** What the tensor at one place of a record was the last time; records of a version have the same ones. */
interface Tied {
  readonly head: TensorHead;
  readonly isInput: boolean;
  /** Null: it has no column in a profile. */
  readonly tensor: TensorColumns | null;
  /** Of each of its columns: its place in the lane; -1: none. */
  readonly targets: readonly number[];
}

const scratch = new Float64Array(batchRows);

export function createTensorReader(
  columns: LaneColumns,
  { batched, tensors, columns: specs }: LakeColumns,
): ReadTensors {
  const placeOf = new Map(columns.names.map((name, place) => [name, place]));
  for (const place of columns.fields) placeOf.delete(columns.names[place] as string);
  const tied: Tied[] = [];
  /** Of the columns: the number of the record that wrote it last. */
  const written = new Float64Array(columns.names.length);
  let records = 0;

  function tie(head: TensorHead, i: number, isInput: boolean): Tied {
    const side = isInput ? "input" : "output";
    const tensor = tensors.find(
      (one) => one.side === side && one.tensor === head.name && datatypeCodes[one.datatype] === head.datatype,
    );
    const targets = Array.from({ length: tensor?.count ?? 0 }, (_, k) => {
      const spec = specs[(tensor as TensorColumns).at + k];
      return spec === undefined || spec.list === true ? -1 : (placeOf.get(spec.name) ?? -1);
    });
    const found = { head, isInput, tensor: targets.some((place) => place >= 0) ? (tensor ?? null) : null, targets };
    tied[i] = found;
    return found;
  }

  return (log, places, rows) => {
    records++;
    for (let i = 0; i < places.count; i++) {
      const head = places.heads[i] as TensorHead;
      const isInput = i < places.inputs;
      let known = tied[i];
      if (known === undefined || known.head !== head || known.isInput !== isInput) known = tie(head, i, isInput);
      const { tensor, targets } = known;
      if (tensor === null || (!isInput && !rows.hasOutputs) || (batched && head.first !== rows.rows)) continue;
      const width = batched ? head.elements / rows.rows : head.elements;
      const source: Source = { log, head, from: places.dataFrom[i] as number, width, rows };
      if (!readTensor(columns, source, known)) continue;
      for (let k = 0; k < targets.length; k++) if ((targets[k] as number) >= 0) written[targets[k] as number] = records;
    }
    for (let place = 0; place < written.length; place++)
      if (written[place] !== records) setAbsent(columns, place, rows);
  };
}

interface Source {
  readonly log: LogBytes;
  readonly head: TensorHead;
  readonly from: number;
  /** Elements of a row. */
  readonly width: number;
  readonly rows: LaneRows;
}

/** False where it does not have the shape of its columns. */
function readTensor(columns: LaneColumns, source: Source, { tensor, targets }: Tied): boolean {
  const { form, classes, missing } = tensor as TensorColumns;
  const { width } = source;
  if (form === "columns") {
    if (width !== targets.length) return false;
    for (let k = 0; k < targets.length; k++) readColumn(columns, source, { place: targets[k] as number, offset: k });
    return true;
  }
  if (form === "value") {
    const place = targets[0] as number;
    if (width !== 1) return false;
    if (source.head.datatype === datatypeCodes.BYTES) return readTexts(columns, source, { place, missing });
    readColumn(columns, source, { place, offset: 0 });
    return true;
  }
  if (width !== (form === "probabilities" ? classes.length : 1)) return false;
  readClasses(columns, source, { form, classes, targets });
  return true;
}

/** Element `offset` of each row. */
function readColumn(columns: LaneColumns, source: Source, { place, offset }: { place: number; offset: number }): void {
  if (place < 0) return;
  const numbers = columns.numbers[place];
  const { base, count } = source.rows;
  if (numbers) {
    readNumbers(source.log, at(source, offset), { target: numbers, base });
    return;
  }
  const codes = columns.codes[place] as Int32Array;
  const dictionary = columns.dictionaries[place] as TextCodes;
  const isBoolean = source.head.datatype === datatypeCodes.BOOL;
  readNumbers(source.log, at(source, offset), { target: scratch, base: 0 });
  for (let i = 0; i < count; i++) {
    const value = scratch[i] as number;
    if (value !== value) codes[base + i] = missingCode;
    else codes[base + i] = dictionary.codeOfText(isBoolean ? (value === 0 ? "false" : "true") : String(value));
  }
}

function at({ head, from, width, rows: { row, count } }: Source, offset: number) {
  return { datatype: head.datatype, from, first: row * width + offset, step: width, count };
}

/** As `missingText` of the runtime: no UTF-8 text begins with it. */
const missingByte = 0xff;

function readTexts(
  columns: LaneColumns,
  source: Source,
  { place, missing }: { place: number; missing: boolean },
): boolean {
  const { log, from, rows } = source;
  const { view, bytes } = log;
  const codes = columns.codes[place];
  const dictionary = columns.dictionaries[place];
  // A plan that takes texts for numbers.
  if (!codes || !dictionary) return false;
  let start = from;
  for (let i = 0; i < rows.row; i++) start += 4 + view.getUint32(start, true);
  for (let i = 0; i < rows.count; i++) {
    const end = start + 4 + view.getUint32(start, true);
    const isMissing = missing && end === start + 5 && bytes[start + 4] === missingByte;
    codes[rows.base + i] = isMissing ? missingCode : dictionary.codeOf(log, start + 4, end);
    start = end;
  }
  return true;
}

interface Classes {
  readonly form: TensorColumns["form"];
  readonly classes: readonly string[];
  readonly targets: readonly number[];
}

/** The class as callers see it, and the probability of each. */
function readClasses(columns: LaneColumns, source: Source, { form, classes, targets }: Classes): void {
  const { base, count } = source.rows;
  const [chosen = -1, ...probabilities] = targets;
  const codes = columns.codes[chosen] ?? null;
  const dictionary = columns.dictionaries[chosen] ?? null;
  const best = new Int32Array(count).fill(absentCode);
  if (form === "index") {
    readNumbers(source.log, at(source, 0), { target: scratch, base: 0 });
    for (let i = 0; i < count; i++) best[i] = scratch[i] as number;
  } else readProbabilities(columns, source, { best, classes, probabilities, isBinary: form === "binary" });
  if (codes === null || dictionary === null) return;
  for (let i = 0; i < count; i++) {
    const name = classes[best[i] as number];
    codes[base + i] = name === undefined ? absentCode : dictionary.codeOfText(name);
  }
}

interface Probabilities {
  /** The class of each row is written to it. */
  readonly best: Int32Array;
  readonly classes: readonly string[];
  readonly probabilities: readonly number[];
  readonly isBinary: boolean;
}

function readProbabilities(
  columns: LaneColumns,
  source: Source,
  { best, classes, probabilities, isBinary }: Probabilities,
) {
  const { base, count } = source.rows;
  const most = new Float64Array(count).fill(Number.NEGATIVE_INFINITY);
  for (let k = 0; k < classes.length; k++) {
    readNumbers(source.log, at(source, isBinary ? 0 : k), { target: scratch, base: 0 });
    const target = columns.numbers[probabilities[k] ?? -1];
    for (let i = 0; i < count; i++) {
      const read = scratch[i] as number;
      const value = isBinary && k === 0 ? 1 - read : read;
      if (target) target[base + i] = value;
      // Of two classes the second has to have more than half, as in the answer; rounding must not decide.
      const isMore = isBinary ? k === 0 || read > 0.5 : value > (most[i] as number);
      if (value - value !== 0) best[i] = classes.length;
      else if (isMore && best[i] !== classes.length) {
        most[i] = value;
        best[i] = k;
      }
    }
  }
}
