import { toClass, type Problem } from "./problem.ts";

/** Predictions of a stretch of time as numbers; all columns have `n` rows. */
export interface ScoredRows {
  readonly n: number;
  /** The place of the class, or the number; NaN: none. */
  readonly prediction: Float64Array;
  /** One column a class, within rounding of 0 to 1 moved there; empty where there are no probabilities. */
  readonly scores: readonly Float64Array[];
  /** As `prediction`; NaN: not known. */
  readonly truth: Float64Array;
}

/** Numbers with NaN for what is missing, or texts with null. */
export type Column = Float64Array | readonly (string | null)[];

export interface RawRows {
  readonly n: number;
  /** Of `problem.prediction`; null where the problem has none. */
  readonly prediction: Column | null;
  /** Of `problem.scores`, in their order. */
  readonly scores: readonly (Float64Array | null)[];
  /** As labels say it. */
  readonly truth: readonly (string | null)[];
}

/** @returns the rows, and how many labels are no class and no number that goes with the problem */
export function toScoredRows(problem: Problem, raw: RawRows): { readonly rows: ScoredRows; readonly unusable: number } {
  const { n } = raw;
  const scores = toScores(problem, raw);
  const read = problem.kind === "regression" ? toNumber : createClassReader(problem.classes);
  const truth = new Float64Array(n);
  let unusable = 0;
  for (let i = 0; i < n; i++) {
    const text = raw.truth[i] ?? null;
    truth[i] = text === null ? Number.NaN : read(text);
    if (text !== null && Number.isNaN(truth[i]!)) unusable++;
  }
  const prediction = toPredictions(raw, { read, scores });
  return { rows: { n, prediction, scores, truth }, unusable };
}

interface Reading {
  readonly read: (text: string) => number;
  readonly scores: readonly Float64Array[];
}

function toPredictions({ n, prediction }: RawRows, { read, scores }: Reading): Float64Array {
  const found = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    if (prediction === null) {
      const score = scores[1]?.[i] ?? Number.NaN;
      found[i] = Number.isNaN(score) ? Number.NaN : Number(score > 0.5);
      continue;
    }
    const value = prediction[i] ?? null;
    if (value === null || typeof value === "string") found[i] = value === null ? Number.NaN : read(value);
    else found[i] = read === toNumber ? value : read(String(value));
  }
  return found;
}

function toNumber(text: string): number {
  const number = text.trim() === "" ? Number.NaN : Number(text);
  return Number.isFinite(number) ? number : Number.NaN;
}

/** Each text is looked at once. */
function createClassReader(classes: readonly string[]): (text: string) => number {
  const known = new Map<string, number>();
  return (text) => {
    let found = known.get(text);
    if (found === undefined) {
      found = toClass(text, classes) ?? Number.NaN;
      if (known.size < 10_000) known.set(text, found);
    }
    return found;
  };
}

const rounding = 1e-6;

/** Of two classes one probability is enough. */
function toScores({ kind, classes }: Problem, { scores }: RawRows): Float64Array[] {
  if (scores.length !== classes.length || scores.length === 0) return [];
  const [first = null, second = null] = scores;
  if (kind === "binary" && first === null && second !== null) return [second.map((p) => 1 - clip(p)), second.map(clip)];
  return scores.every((column) => column !== null) ? scores.map((column) => column.map(clip)) : [];
}

function clip(value: number): number {
  if (value > 1 && value < 1 + rounding) return 1;
  return value < 0 && value > -rounding ? 0 : value;
}

/** Those that are wanted. */
export function takeRows(rows: ScoredRows, isWanted: (row: number) => boolean): ScoredRows {
  const chosen: number[] = [];
  for (let i = 0; i < rows.n; i++) if (isWanted(i)) chosen.push(i);
  if (chosen.length === rows.n) return rows;
  const take = (column: Float64Array) => Float64Array.from(chosen, (i) => column[i]!);
  const { prediction, truth, scores } = rows;
  return { n: chosen.length, prediction: take(prediction), truth: take(truth), scores: scores.map(take) };
}
