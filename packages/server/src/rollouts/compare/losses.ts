import type { PairedOutput, Value } from "./pairs.ts";

export const lossMetrics = ["wrong", "brier", "log_loss", "absolute_error", "squared_error"] as const;
export type LossMetric = (typeof lossMetrics)[number];

export interface SideRows {
  readonly n: number;
  readonly columns: ReadonlyMap<string, readonly Value[]>;
  readonly truth: readonly (string | null)[];
}

/** Which losses an output can have, given what came true of it. */
export function listLosses(output: PairedOutput, truth: readonly (string | null)[]): readonly LossMetric[] {
  const { kind, probabilities } = output;
  if (kind === "class") return probabilities.length > 0 ? ["wrong", "brier", "log_loss"] : ["wrong"];
  if (kind === "text" || kind === "boolean") return ["wrong"];
  if (truth.every((text) => text === null || toTruth(text) !== null)) return ["wrong", "brier", "log_loss", ...errors];
  return kind === "integer" ? ["wrong", ...errors] : errors;
}

const errors = ["absolute_error", "squared_error"] as const;

/**
 * The loss of each row, n numbers; NaN where it is not known. Wrong: 0 or 1. Brier: of two classes the squared error of the probability of the
 * second, of more the sum over all. Log loss: natural logarithm, probabilities kept 1e-15 from 0. A number with truths of 0 and 1 is a
 * probability.
 */
export function lossesOf(metric: LossMetric, output: PairedOutput, rows: SideRows): Float64Array {
  const loss = createLoss(metric, output, rows.columns);
  return Float64Array.from({ length: rows.n }, (_, row) => {
    const text = rows.truth[row] ?? null;
    return text === null ? Number.NaN : loss(row, text);
  });
}

type Loss = (row: number, truth: string) => number;

function createLoss(metric: LossMetric, output: PairedOutput, columns: SideRows["columns"]): Loss {
  const answers = columns.get(output.name) ?? [];
  if (metric === "absolute_error" || metric === "squared_error")
    return (row, truth) => {
      const error = toNumber(answers[row] ?? null) - toNumber(truth);
      return metric === "absolute_error" ? Math.abs(error) : error * error;
    };
  if (output.kind === "class") return ofClasses(metric, output, { answers, columns });
  if (metric === "wrong" && output.kind !== "number")
    return (row, truth) => {
      const answer = answers[row] ?? null;
      return answer === null ? Number.NaN : Number(!isSame(String(answer), truth));
    };
  return (row, truth) => ofProbability(metric, toNumber(answers[row] ?? null), toTruth(truth));
}

interface Answers {
  readonly answers: readonly Value[];
  readonly columns: SideRows["columns"];
}

function ofClasses(metric: LossMetric, { classes, probabilities }: PairedOutput, { answers, columns }: Answers): Loss {
  const known = new Map<string, number | null>();
  const placeOf = (truth: string): number | null => {
    if (!known.has(truth)) known.set(truth, toClass(truth, classes));
    return known.get(truth)!;
  };
  const shares = probabilities.map((name) => columns.get(name) ?? []);
  return (row, truth) => {
    const place = placeOf(truth);
    if (place === null) return Number.NaN;
    if (metric === "wrong") {
      const answer = answers[row] ?? null;
      return answer === null ? Number.NaN : Number(answer !== classes[place]);
    }
    const given = shares.map((column) => toNumber(column[row] ?? null));
    if (metric === "log_loss") return -Math.log(clip(given[place] ?? Number.NaN));
    if (given.length === 2) return (given[1]! - place) ** 2;
    return given.reduce((sum, share, k) => sum + (share - Number(k === place)) ** 2, 0);
  };
}

function ofProbability(metric: LossMetric, share: number, truth: boolean | null): number {
  if (truth === null || Number.isNaN(share)) return Number.NaN;
  if (metric === "wrong") return Number(share > 0.5 !== truth);
  if (metric === "brier") return (share - Number(truth)) ** 2;
  return -Math.log(clip(truth ? share : 1 - share));
}

/** Which class a text means: its name, in other letters too; of two classes true and false; else its place. Null: none. */
function toClass(text: string, classes: readonly string[]): number | null {
  const trimmed = text.trim().toLowerCase();
  const named = classes.findIndex((each) => each === text || each.toLowerCase() === trimmed);
  if (named >= 0) return named;
  const truth = classes.length === 2 ? toTruth(text) : null;
  if (truth !== null) return Number(truth);
  const place = Number(trimmed);
  return trimmed !== "" && Number.isInteger(place) && place >= 0 && place < classes.length ? place : null;
}

function toTruth(text: string): boolean | null {
  const lower = text.trim().toLowerCase();
  if (lower === "true" || Number(lower || Number.NaN) === 1) return true;
  return lower === "false" || Number(lower || Number.NaN) === 0 ? false : null;
}

function isSame(answer: string, truth: string): boolean {
  if (answer.trim().toLowerCase() === truth.trim().toLowerCase()) return true;
  const [a, b] = [toTruth(answer), toTruth(truth)];
  if (a !== null && b !== null) return a === b;
  return answer.trim() !== "" && Number(answer) === Number(truth);
}

function toNumber(value: Value): number {
  if (value === null || (typeof value === "string" && value.trim() === "")) return Number.NaN;
  return Number(value);
}

function clip(share: number): number {
  return Math.min(1, Math.max(1e-15, share));
}
