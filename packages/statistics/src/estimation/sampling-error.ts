import type { BinaryConfusion } from "../metrics/confusion.ts";
import { averagePrecision } from "../metrics/ranking.ts";
import { orderOf } from "../metrics/order.ts";

/** The part of a standard error that the reference gives: for n rows it is `deviation` / sqrt(n x `fraction`). */
export interface ErrorComponents {
  /** Null where the reference cannot tell it. */
  readonly deviation: number | null;
  readonly fraction: number;
}

export function errorOf({ deviation, fraction }: ErrorComponents, rows: number): number | null {
  if (deviation === null || fraction === 0 || rows === 0) return null;
  return deviation / Math.sqrt(rows * fraction);
}

/** NannyML's components of a confusion matrix: the deviation of the 0/1 outcomes that a share is of, and how many rows. */
export function shareComponents(confusion: BinaryConfusion): Record<ConfusionShare, ErrorComponents> {
  const { tp, fp, fn, tn } = confusion;
  const n = tp + fp + fn + tn;
  return {
    accuracy: { ...shareOf(tp + tn, fp + fn, n), fraction: 1 },
    precision: shareOf(tp, fp, n),
    recall: shareOf(tp, fn, n),
    specificity: shareOf(tn, fp, n),
    f1: shareOf(tp, fp + fn, n),
  };
}

/** Of F1 with two classes: a hit counts (TP + FP + FN) / (TP + (FP + FN) / 2), so that the mean of the hits is F1. */
export function correctedF1(
  { tp, fp, fn }: BinaryConfusion,
  { deviation, fraction }: ErrorComponents,
): ErrorComponents {
  const correction = (tp + fp + fn) / (tp + (fp + fn) / 2);
  return { deviation: deviation === null ? null : deviation * correction, fraction };
}

export type ConfusionShare = "accuracy" | "precision" | "recall" | "specificity" | "f1";

function shareOf(hits: number, misses: number, n: number): ErrorComponents {
  const of = hits + misses;
  if (of === 0) return { deviation: null, fraction: 0 };
  return { deviation: Math.sqrt((hits / of) * (misses / of)), fraction: of / n };
}

/**
 * NannyML's component of ROC AUC: the deviation, over the rows of the rarer class, of the share of the other class that
 * they outrank. Tied scores are ranked in the order of the rows (NannyML's order of ties is not defined).
 */
export function rocAucComponents(truth: ArrayLike<number>, score: ArrayLike<number>): ErrorComponents {
  const n = truth.length;
  let positive = 0;
  for (let i = 0; i < n; i++) positive += truth[i]!;
  const rarer = positive / n > 0.5 ? 0 : 1;
  const count = rarer === 1 ? positive : n - positive;
  if (count === 0) return { deviation: null, fraction: 0 };
  const ascending = orderOf(score);
  const order = rarer === 1 ? ascending : ascending.toReversed();
  let seen = 0;
  let sum = 0;
  let squares = 0;
  for (const [rank, row] of order.entries()) {
    if (truth[row] !== rarer || rank === 0) continue;
    const share = (rank - seen) / (n - count);
    seen++;
    sum += share;
    squares += share * share;
  }
  if (seen === 0) return { deviation: null, fraction: 0 };
  return { deviation: Math.sqrt(Math.max(0, squares / seen - (sum / seen) ** 2)), fraction: count / n };
}

/** Of average precision: the jackknife's error on the reference, scaled to one row (NannyML draws 50 bootstraps). */
export function averagePrecisionComponents(truth: ArrayLike<number>, score: ArrayLike<number>): ErrorComponents {
  const { standardError } = averagePrecision(truth, score);
  return { deviation: standardError === null ? null : standardError * Math.sqrt(truth.length), fraction: 1 };
}
