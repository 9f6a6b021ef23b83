import {
  encodeCategories,
  fitBoosting,
  permutationImportance,
  predictBoosting,
  type FeatureColumn,
} from "@slipway/statistics";
import type { OutputColumn } from "../performance/problem.ts";
import type { Column } from "../performance/scored-rows.ts";
import { spreadEvenly, type ReferenceRows } from "./reference-rows.ts";

/** Rows that a stand-in is learned from, and others on which it is asked. */
const learnRows = 6_000;
const askedRows = 2_000;
const fewestRows = 200;
const mostInputs = 200;
const mostTexts = 255;

/**
 * Which share of the version's answers hangs on each input: a stand-in learns the answers from the inputs, and what it loses when an
 * input is shuffled (permutation importance, Breiman 2001) is that input's, as a share of all losses. It asks nothing of the version,
 * so that it is the same for one that is served elsewhere.
 * @returns 0 to 1 by input, with the sum 1; empty where there are too few rows, or the answers are all the same
 */
export function findImportance(
  rows: ReferenceRows,
  { inputs, outputs }: { readonly inputs: readonly string[]; readonly outputs: readonly OutputColumn[] },
): Readonly<Record<string, number>> {
  const target = toTarget(rows, outputs);
  if (target === null) return {};
  const usable = Array.from(target.keys()).filter((i) => Number.isFinite(target[i]!));
  if (usable.length < fewestRows) return {};
  const chosen = spreadEvenly(usable.length, learnRows + askedRows).map((i) => usable[i]!);
  const every = Math.max(2, Math.round(chosen.length / Math.min(askedRows, chosen.length / 4)));
  const asked = chosen.filter((_, i) => i % every === 0);
  const learned = chosen.filter((_, i) => i % every !== 0);
  const features = inputs.slice(0, mostInputs).flatMap((name) => {
    const column = rows.columns.get(name);
    const make = column === undefined ? null : toFeature(column, learned);
    return make === null ? [] : [{ name, make }];
  });
  const answers = Float64Array.from(learned, (i) => target[i]!);
  if (features.length === 0 || answers.every((value) => value === answers[0])) return {};
  const model = fitBoosting(
    features.map(({ make }) => make(learned)),
    answers,
    { loss: "squared", trees: 60 },
  );
  const truth = Float64Array.from(asked, (i) => target[i]!);
  const figure = (columns: readonly FeatureColumn[]) => {
    const told = predictBoosting(model, columns);
    return told.reduce((sum, value, i) => sum + (value - truth[i]!) ** 2, 0) / truth.length;
  };
  const losses = permutationImportance({
    columns: features.map(({ make }) => make(asked)),
    figure,
    worse: "higher",
    repeats: 2,
  }).map(({ mean }) => Math.max(0, mean));
  const total = losses.reduce((sum, loss) => sum + loss, 0);
  if (total <= 0) return {};
  return Object.fromEntries(features.map(({ name }, i) => [name, losses[i]! / total]));
}

/** The probability of the last class, a number, or whether the answer is its most frequent one. */
function toTarget({ columns }: ReferenceRows, outputs: readonly OutputColumn[]): Float64Array | null {
  for (const { probabilities } of outputs) {
    const column = columns.get(probabilities.at(-1) ?? "");
    if (column instanceof Float64Array) return column;
  }
  const numbers = outputs.map(({ name }) => columns.get(name)).find((column) => column instanceof Float64Array);
  if (numbers instanceof Float64Array) return numbers;
  const texts = outputs.map(({ name }) => columns.get(name)).find((column) => column !== undefined);
  if (texts === undefined || texts instanceof Float64Array) return null;
  const counts = new Map<string | null, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  const [most] = [...counts].reduce((best, each) => (each[1] > best[1] ? each : best), ["", 0] as [
    string | null,
    number,
  ]);
  return Float64Array.from(texts, (text) => (text === null ? Number.NaN : Number(text === most)));
}

function toFeature(column: Column, learned: readonly number[]): ((chosen: readonly number[]) => FeatureColumn) | null {
  if (column instanceof Float64Array)
    return (chosen) => ({ kind: "number", values: Float64Array.from(chosen, (i) => column[i]!) });
  const { known } = encodeCategories(learned.map((i) => column[i] ?? null));
  if (known.length > mostTexts) return null;
  return (chosen) => {
    const texts = chosen.map((i) => column[i] ?? null);
    return { kind: "category", codes: encodeCategories(texts, known).codes };
  };
}
