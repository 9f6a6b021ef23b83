import { absentCode } from "../column-batch.ts";
import { batchRows, type LaneColumns } from "./lane-columns.ts";
import { readNumbers } from "./read-numbers.ts";
import type { ReadTensor, TensorColumns, TensorSource } from "./tensor-source.ts";

const scratch = new Float64Array(batchRows);
const most = new Float64Array(batchRows);
const best = new Int32Array(batchRows);
const intoScratch = { target: scratch, base: 0 };

/** The class as callers see it, and the probability of each. `targets`: places of their columns; -1: none. */
export function createClassReader(columns: LaneColumns, tensor: TensorColumns, targets: readonly number[]): ReadTensor {
  const { form, classes } = tensor;
  const [chosen = -1, ...probabilities] = targets;
  const codes = columns.codes[chosen];
  const dictionary = columns.dictionaries[chosen];
  const width = form === "probabilities" ? classes.length : 1;
  let known: readonly number[] = [];
  const read = form === "index" ? readIndex : createProbabilities(columns, probabilities, form === "binary");

  return (source) => {
    if (source.width !== width) return false;
    read(source);
    if (!codes || !dictionary) return true;
    // Numbers of texts mean nothing any more after a dictionary was cleared.
    if (known.length === 0 || dictionary.texts.length === 0) known = classes.map((name) => dictionary.codeOfText(name));
    const { base, count } = source.rows;
    for (let i = 0; i < count; i++) codes[base + i] = known[best[i] as number] ?? absentCode;
    return true;
  };
}

function readIndex(source: TensorSource): void {
  readNumbers(source.log, source, intoScratch);
  for (let i = 0; i < source.count; i++) best[i] = scratch[i] as number;
}

/** `places`: of the columns of probabilities. */
function createProbabilities(columns: LaneColumns, places: readonly number[], isBinary: boolean) {
  const numbers = places.map((place) => columns.numbers[place] ?? null);
  const none = places.length;

  return (source: TensorSource): void => {
    const { base, count } = source.rows;
    const { first } = source;
    for (let i = 0; i < count; i++) most[i] = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < numbers.length; k++) {
      if (k === 0 || !isBinary) {
        source.first = first + k;
        readNumbers(source.log, source, intoScratch);
      }
      const target = numbers[k] ?? null;
      for (let i = 0; i < count; i++) {
        const read = scratch[i] as number;
        const value = isBinary && k === 0 ? 1 - read : read;
        if (target !== null) target[base + i] = value;
        // Of two classes the second has to have more than half, as in the answer; rounding must not decide.
        const isMore = isBinary ? k === 0 || read > 0.5 : k === 0 || value > (most[i] as number);
        if (value - value !== 0) best[i] = none;
        else if (isMore && (k === 0 || best[i] !== none)) {
          most[i] = value;
          best[i] = k;
        }
      }
    }
  };
}
