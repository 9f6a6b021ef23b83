import type { PredictionLake } from "../../predictions/index.ts";
import type { Watched } from "../watched.ts";
import type { CountInput } from "./count-task.ts";

/** The first predictions stand for a reference where there is nothing better: so many of them at most, and not before there are some. */
const mostPredictions = 10_000;
export const fewestPredictions = 500;
/** It is made anew when there are so many times more. */
const growth = 4;

/** How far the answers of a version have come towards a reference: 0 for the fewest, more for each growth, "all" at the most; null: too few. */
export type PredictionStep = number | "all" | null;

export function stepOf(rows: number): PredictionStep {
  if (rows < fewestPredictions) return null;
  if (rows >= 2 * mostPredictions) return "all";
  return Math.floor(Math.log(rows / fewestPredictions) / Math.log(growth) + 1e-9);
}

/**
 * So many of the first answers are the reference, never all that there are: what came last is to be held against them, which
 * matters where a past was imported in one piece.
 */
export function rowsOf(step: number | "all"): number {
  return step === "all" ? mostPredictions : fewestPredictions * growth ** step;
}

/** From so many rows on it is another step. */
function nextStepAt(rows: number): number {
  const step = stepOf(rows);
  if (step === "all") return Number.POSITIVE_INFINITY;
  return step === null ? fewestPredictions : Math.min(2 * mostPredictions, rowsOf(step + 1));
}

export type CountPredictions = (watched: Watched) => Promise<number>;

/** Of so many versions it is remembered how many there were. */
const mostKept = 1_000;
const timeoutMs = 60_000;
const module = new URL(`./count-task${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);

/**
 * Answers of one version that are in the lake; exact where that makes another step. Files of the lake hold several versions, so they
 * have to be read, which is done only where there are so many more rows that this version could have got further.
 */
export function createCountPredictions(lake: Pick<PredictionLake, "listFiles" | "readViews">): CountPredictions {
  const known = new Map<string, { readonly rows: number; readonly ofAll: number }>();
  return async ({ endpoint, model, version }) => {
    const files = await lake.listFiles({ kind: "predictions", endpoint });
    const ofAll = files.reduce((sum, file) => sum + file.rows, 0);
    const key = JSON.stringify([endpoint, model, version]);
    const before = known.get(key) ?? { rows: 0, ofAll: 0 };
    if (ofAll >= before.ofAll && before.rows + ofAll - before.ofAll < nextStepAt(before.rows)) return before.rows;
    const input: CountInput = { model, version };
    const rows = await lake.readViews<number>({ endpoint }, { module, input }, { timeoutMs });
    known.delete(key);
    known.set(key, { rows, ofAll });
    for (const oldest of [...known.keys()].slice(0, Math.max(0, known.size - mostKept))) known.delete(oldest);
    return rows;
  };
}
