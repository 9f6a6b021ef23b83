import { studentTwoSided } from "@slipway/statistics";
import { passing, type Finding } from "../finding.ts";
import type { MultivariateFound } from "./multivariate-task.ts";

/** Smallest move that matters: of the AUC over 0.5, and of the mean error as a share of the usual one. */
const leastAuc = 0.05;
const leastError = 0.1;

export interface JudgeRows {
  readonly found: MultivariateFound;
  readonly minRows: number;
  readonly provisional: boolean;
  /** False alarms that are accepted of both together. */
  readonly alpha: number;
}

/** Whether a window's rows, all columns together, are unlike the reference's. */
export function judgeRows({ found, minRows, provisional, alpha }: JudgeRows): Finding[] {
  const { usual, compared, rows } = found;
  const base = { ...blank, rows, referenceRows: compared?.referenceRows ?? found.sampleRows, provisional };
  if (usual === null || compared === null) {
    const why =
      rows < minRows
        ? `The window has ${rows} rows; from ${minRows} on something can be said of all columns together.`
        : "The sample of the reference has too few rows a window to know what is usual of all columns together.";
    return [{ ...base, metric: "domain_auc", verdict: "insufficient", message: why }];
  }
  const gains = [...compared.gains.entries()].toSorted(([, a], [, b]) => b - a).slice(0, 3);
  const columns = gains
    .filter(([, gain]) => gain >= 0.05)
    .map(([i, gain]) => ({ column: found.names[i]!, share: round(gain) }));
  const told = columns.map(({ column, share }) => `${column} (${percent(share)})`).join(", ");
  const auc = place(compared.auc, usual.auc, { alpha: alpha / 2, sides: 1, least: 0.01 });
  const error = place(compared.error, usual.error, { alpha: alpha / 2, sides: 2, least: 1e-6 });
  const change = compared.error / error.mean - 1;
  return [
    {
      ...base,
      metric: "domain_auc",
      verdict: auc.p <= alpha / 2 && compared.auc >= 0.5 + leastAuc ? "fail" : "pass",
      value: round(compared.auc),
      threshold: round(auc.limit),
      p: round(auc.p),
      pAdjusted: round(Math.min(1, auc.p * 2)),
      effect: round(Math.max(0, compared.auc - 0.5)),
      message: `A model tells rows of this window from the reference's with an AUC of ${round(compared.auc, 3)}; up to ${round(auc.limit, 3)} is usual${told === "" ? "" : `. It goes by ${told}`}.`,
      details: { columns, blocks: usual.auc.length, compared_rows: compared.rows },
    },
    {
      ...base,
      metric: "reconstruction_error",
      verdict: error.p <= alpha / 2 && Math.abs(change) >= leastError ? "fail" : "pass",
      value: round(compared.error),
      threshold: round(error.limit),
      p: round(error.p),
      pAdjusted: round(Math.min(1, error.p * 2)),
      effect: round(Math.abs(change)),
      message: `Columns hang together ${change > 0 ? "less" : "more"} than in the reference: an error of reconstruction of ${round(compared.error, 3)}, ${round(error.mean, 3)} is usual, up to ${round(error.limit, 3)}.`,
      details: { blocks: usual.error.length, compared_rows: compared.rows },
    },
  ];
}

interface PlaceOptions {
  readonly alpha: number;
  readonly sides: 1 | 2;
  /** Smallest deviation that blocks are believed to have. */
  readonly least: number;
}

/** Where a value lies among those of blocks: Student's law of one more of them. */
function place(
  value: number,
  usual: readonly number[],
  { alpha, sides, least }: PlaceOptions,
): { p: number; limit: number; mean: number } {
  const count = usual.length;
  const mean = usual.reduce((sum, each) => sum + each, 0) / count;
  const variance = usual.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (count - 1);
  const scale = Math.max(least, Math.sqrt(variance)) * Math.sqrt(1 + 1 / count);
  const chanceOf = (t: number) => {
    const both = studentTwoSided(t, count - 1);
    if (sides === 2) return both;
    return t >= 0 ? both / 2 : 1 - both / 2;
  };
  let [low, high] = [0, 1000];
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (chanceOf(middle) > alpha) low = middle;
    else high = middle;
  }
  return { p: chanceOf((value - mean) / scale), limit: mean + high * scale, mean };
}

const blank = passing("drift.multivariate");

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

function round(value: number, digits = 6): number {
  return Number(value.toPrecision(digits));
}
